import SealaneEligibility
import SealanePacket
import Testing

/// SplitMix64: the same seed gives the same test.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

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
        instanceID: stated(id), instanceType: stated(type), account: stated(account), region: stated(region),
        zone: stated(zone), vpc: stated(vpc), subnet: stated(subnet), addresses: addresses)
}

func codes(_ verdict: Verdict) -> [ReasonCode] { verdict.reasons.map(\.code) }
