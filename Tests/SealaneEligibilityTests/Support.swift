import SealaneEligibility
import SealanePacket
import Testing

func stated(_ value: String?) -> Fact<String>? { value.map { Fact($0, .stated) } }

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

func prefixes(_ texts: String...) throws -> Fact<[IPPrefix]> {
    Fact(try texts.map { try #require(IPPrefix($0)) }, .stated)
}

func facts(
    id: String? = nil, type: String? = "c5n.large", account: String? = nil, region: String? = "us-east-1",
    zone: String? = nil, vpc: String? = "vpc-0a", subnet: String? = nil, addresses: Fact<[IPPrefix]>? = nil
) -> Facts {
    Facts(
        [
            .instanceID: stated(id), .instanceType: stated(type), .account: stated(account), .region: stated(region),
            .zone: stated(zone), .vpc: stated(vpc), .subnet: stated(subnet),
        ], addresses: addresses)
}

func codes(_ verdict: Verdict) -> [ReasonCode] { verdict.reasons.map(\.code) }

/// The verdict of all rules on two instances.
func evaluate(local: Facts, peer: Facts, claims: Claims? = nil, policy: Policy) -> Verdict {
    evaluate(local: LocalFacts(stated: local), peer: PeerFacts(stated: peer), claims: claims, policy: policy)
}

func evaluate(local: LocalFacts, peer: PeerFacts, claims: Claims? = nil, policy: Policy) -> Verdict {
    Case(local: local, peer: peer, claims: claims, policy: policy).verdict
}
