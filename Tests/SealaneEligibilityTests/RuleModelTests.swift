import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

/// A random case for the rules, with so few values that equal and different ones are both common.
private struct Question {
    var local: Facts
    var peer: Facts
    var claims: Claims?
    var policy: Policy

    init(using generator: inout SeededRandom) throws {
        func pick(_ choices: [String?]) -> String? { choices.randomElement(using: &generator) ?? nil }
        func someFacts() throws -> Facts {
            let owned = ["10.78.0.0/30", "10.78.0.2/32", "fd00::/126"].filter { _ in Bool.random(using: &generator) }
            let prefixes = try owned.map { try #require(IPPrefix($0)) }
            return Facts(
                [
                    .instanceID: stated(pick(["i-0a", "i-0b", nil])),
                    .instanceType: stated(
                        pick([
                            "c5n.large", "m5n.large", "c5n.metal", "c5n.large", "m5.large", "x9.large", "m5n.banana",
                            "u-6tb1.metal", "u-6tb1.112xlarge", "m5n", nil,
                        ])), .account: stated(pick(["1", "2", nil])),
                    .region: stated(pick(["r1", "r1", "r1", "r2", nil])), .zone: stated(pick(["r1a", "r1b", nil])),
                    .vpc: stated(pick(["v1", "v1", "v2", "v3", "", nil])), .subnet: stated(pick(["s1", "s2", nil])),
                ], addresses: Int.random(in: 0..<6, using: &generator) == 0 ? nil : Fact(prefixes, .certificate))
        }
        local = try someFacts()
        peer = try someFacts()
        var claim = peer
        if Bool.random(using: &generator) { claim = try someFacts() }
        let addresses = ["10.78.0.1", "10.78.0.2", "10.78.0.4", "fd00::3", "fd00::4"].filter { _ in
            Int.random(in: 0..<3, using: &generator) == 0
        }
        claim.addresses = try prefixes(addresses)
        claims = Bool.random(using: &generator) ? try Claims(of: claim) : nil
        policy = Policy()
        for family in ["m5", "m5n", "x9", "u-6tb1"] {
            if Int.random(in: 0..<4, using: &generator) == 0 { policy.extraFamilies.insert(family) }
            if Int.random(in: 0..<6, using: &generator) == 0 { policy.deniedFamilies.insert(family) }
        }
        for number in 0..<Int.random(in: 0...3, using: &generator) {
            policy.peerings.append(
                Peering(
                    id: "pcx-\(number)", requesterVPC: pick(["v1", "v2", "v3"]) ?? "",
                    requesterRegion: pick(["r1", "r1", "r2"]) ?? "", accepterVPC: pick(["v1", "v2", "v3"]) ?? "",
                    accepterRegion: pick(["r1", "r1", "r2"]) ?? "", status: pick(["active", "active", "expired"]) ?? "")
            )
        }

        func prefixes(_ texts: [String]) throws -> Fact<[IPPrefix]> {
            Fact(try texts.map { try #require(IPPrefix($0)) }, .stated)
        }
    }

    /// The expected codes, computed step by step from README's table of rules.
    var expected: [ReasonCode] {
        var codes: [ReasonCode] = []
        for (facts, code) in [(local, ReasonCode.localTypeUnsupported), (peer, .peerTypeUnsupported)] {
            let type = facts[.instanceType]?.value ?? ""
            if type == "" {
                codes.append(.factsUnknown)
            } else {
                let parts = type.split(separator: ".")
                let family = String(parts[0])
                let isInCatalog = ["c5n.large", "m5n.large", "c5n.metal", "u-6tb1.112xlarge"].contains(type)
                let known = isInCatalog || policy.extraFamilies.contains(family)
                if parts.count != 2 || !known || policy.deniedFamilies.contains(family) { codes.append(code) }
            }
        }
        let regions = [local[.region]?.value ?? "", peer[.region]?.value ?? ""]
        codes += regions.filter(\.isEmpty).map { _ in .factsUnknown }
        if !regions.contains("") && regions[0] != regions[1] { codes.append(.regionMismatch) }

        let vpcs = [local[.vpc]?.value ?? "", peer[.vpc]?.value ?? ""]
        codes += vpcs.filter(\.isEmpty).map { _ in .factsUnknown }
        if !vpcs.contains("") && vpcs[0] != vpcs[1] {
            var joined = false
            var active = false
            for peering in policy.peerings {
                let pair = [peering.requesterVPC, peering.accepterVPC]
                let hostsRegions = Set(regions.filter { $0 != "" })
                if (pair == vpcs || pair == vpcs.reversed()) && peering.requesterRegion == peering.accepterRegion
                    && hostsRegions.isSubset(of: [peering.requesterRegion])
                {
                    joined = true
                    if peering.status == "active" { active = true }
                }
            }
            if !joined { codes.append(.vpcNotShared) } else if !active { codes.append(.peeringNotActive) }
        }
        if let own = local[.instanceID]?.value, own != "", own == peer[.instanceID]?.value {
            codes.append(.identityMismatch)
        }
        guard let claims else { return codes }
        let pairs = [
            (peer[.instanceID], claims[.instanceID]), (peer[.instanceType], claims[.instanceType]),
            (peer[.account], claims[.account]), (peer[.region], claims[.region]), (peer[.zone], claims[.zone]),
            (peer[.vpc], claims[.vpc]), (peer[.subnet], claims[.subnet]),
        ]
        for (fact, claim) in pairs {
            if let known = fact?.value, known != "", let claim, claim != known { codes.append(.identityMismatch) }
        }
        if !claims.addresses.isEmpty {
            if let owned = peer.addresses?.value {
                for address in claims.addresses {
                    var found = false
                    for prefix in owned where prefix.contains(address) { found = true }
                    if !found { codes.append(.addressNotOwned) }
                }
            } else {
                codes.append(.factsUnknown)
            }
        }
        return codes
    }
}

@Suite("The verdict, compared with a simple model")
struct RuleModelTests {
    @Test("has the model's codes for 30,000 seeded cases, with every outcome among them")
    func agreesWithModel() throws {
        var generator = SeededRandom(seed: 0x5EA1)
        var seen = Set<ReasonCode>()
        var eligible = 0
        for number in 0..<30_000 {
            let question = try Question(using: &generator)
            let verdict = evaluate(
                local: question.local, peer: question.peer, claims: question.claims, policy: question.policy)
            let expected = question.expected
            guard codes(verdict) == expected, verdict.isEligible == expected.isEmpty else {
                Issue.record("case \(number): \(question) gave \(verdict), the model gives \(expected)")
                return
            }
            seen.formUnion(expected)
            if verdict.isEligible { eligible += 1 }
        }
        // Certificates are verified elsewhere; this tests the facts that they prove. Other tests cover paths.
        let inQuestion: [RuleName] = [.types, .region, .vpc, .facts, .addresses]
        #expect(seen == Set(inQuestion.flatMap(\.rule.codes)).union([.factsUnknown]))
        #expect(eligible > 100)
    }
}
