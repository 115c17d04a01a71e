import SealaneEligibility
import SealanePacket
import Testing

@Suite("The verdict")
struct RuleTests {
    @Test("is eligible for two encrypting types in one Region and one VPC")
    func eligible() {
        let verdict = evaluate(local: facts(type: "c5n.18xlarge"), peer: facts(type: "m5n.xlarge"), policy: Policy())
        #expect(verdict == .eligible)
        #expect(verdict.isEligible)
        #expect(verdict.reasons.isEmpty)
    }

    @Test(
        "refuses a type that does not encrypt or is unknown, for the side that has it",
        arguments: [
            ("t3.micro", "t3.micro (family t3 does not encrypt)"),
            ("m5.large", "m5.large (family m5 does not encrypt)"),
            ("c99x.large", "c99x.large (unknown family)"),
            ("C5N.large", "C5N.large (not an instance type name)"),
        ])
    func refusesTypes(type: String, observed: String) {
        let local = evaluate(local: facts(type: type), peer: facts(), policy: Policy())
        #expect(codes(local) == [.localTypeUnsupported])
        #expect(local.reasons.first?.observed == observed)
        let peer = evaluate(local: facts(), peer: facts(type: type), policy: Policy())
        #expect(codes(peer) == [.peerTypeUnsupported])
        #expect(peer.reasons.first?.observed == observed)
        #expect(peer.reasons.first?.source == "peer type stated by operator, catalog")
    }

    @Test("lets the policy add and deny families")
    func policyFamilies() {
        let added = evaluate(
            local: facts(), peer: facts(type: "c99x.large"), policy: Policy(extraFamilies: ["c99x"]))
        #expect(added == .eligible)
        let denied = evaluate(local: facts(), peer: facts(type: "m5n.large"), policy: Policy(deniedFamilies: ["m5n"]))
        #expect(codes(denied) == [.peerTypeUnsupported])
        #expect(denied.reasons.first?.source == "peer type stated by operator, policy denied-families")
    }

    @Test("refuses another Region, even one with a similar name")
    func regions() {
        let verdict = evaluate(local: facts(), peer: facts(region: "us-east-2"), policy: Policy())
        #expect(codes(verdict) == [.regionMismatch])
        #expect(verdict.reasons.first?.observed == "local us-east-1, peer us-east-2")
        #expect(
            codes(evaluate(local: facts(), peer: facts(region: "US-EAST-1"), policy: Policy())) == [.regionMismatch])
        let eligible = evaluate(local: facts(region: "eu-west-1"), peer: facts(region: "eu-west-1"), policy: Policy())
        #expect(eligible == .eligible)
    }

    @Test("refuses a peering stated for another Region than that of the hosts")
    func peeringElsewhere() {
        func verdict(_ local: String?, _ peer: String?, of region: String) -> Verdict {
            let peering = Peering(
                id: "pcx-1", requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: region, status: "active")
            return evaluate(
                local: facts(region: local), peer: facts(region: peer, vpc: "vpc-0b"),
                policy: Policy(peerings: [peering]))
        }
        #expect(verdict("us-east-1", "us-east-1", of: "us-east-1") == .eligible)
        let elsewhere = verdict("us-east-1", "us-east-1", of: "eu-west-1")
        #expect(codes(elsewhere) == [.vpcNotShared])
        #expect(
            elsewhere.reasons.first?.observed == "local vpc-0a, peer vpc-0b, only pcx-1 between eu-west-1 and eu-west-1"
        )
        #expect(codes(verdict("us-east-1", "eu-west-1", of: "eu-west-1")) == [.regionMismatch, .vpcNotShared])
        // An unknown Region is a separate reason and contradicts nothing.
        #expect(codes(verdict("us-east-1", nil, of: "us-east-1")) == [.factsUnknown])
    }

    @Test("accepts an active peering within one Region, whichever side requested it")
    func activePeering() {
        for (requester, accepter) in [("vpc-0a", "vpc-0b"), ("vpc-0b", "vpc-0a")] {
            let peering = Peering(
                id: "pcx-1", requesterVPC: requester, accepterVPC: accepter, region: "us-east-1", status: "active")
            let policy = Policy(peerings: [peering])
            #expect(evaluate(local: facts(), peer: facts(vpc: "vpc-0b"), policy: policy) == .eligible)
        }
    }

    @Test("refuses a peering that is not active", arguments: Peering.statusCodes + ["", "Active", "no-such-status"])
    func inactivePeering(status: String) {
        let peering = Peering(
            id: "pcx-1", requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: "us-east-1", status: status)
        let verdict = evaluate(local: facts(), peer: facts(vpc: "vpc-0b"), policy: Policy(peerings: [peering]))
        #expect(codes(verdict) == (status == "active" ? [] : [.peeringNotActive]))
        #expect(verdict.isEligible || verdict.reasons.first?.observed == "pcx-1 \(status)")
    }

    @Test("ignores a deleted peering if another is active, and names all of them otherwise")
    func severalPeerings() {
        func peering(_ id: String, _ status: String) -> Peering {
            Peering(id: id, requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: "us-east-1", status: status)
        }
        let peer = facts(vpc: "vpc-0b")
        let some = Policy(peerings: [peering("pcx-2", "deleted"), peering("pcx-1", "active")])
        #expect(evaluate(local: facts(), peer: peer, policy: some) == .eligible)
        let none = Policy(peerings: [peering("pcx-2", "deleted"), peering("pcx-1", "expired")])
        let verdict = evaluate(local: facts(), peer: peer, policy: none)
        #expect(verdict.reasons.map(\.observed) == ["pcx-1 expired, pcx-2 deleted"])
    }

    @Test("refuses VPCs without a direct peering: peering is not transitive")
    func notTransitive() {
        let policy = Policy(peerings: [
            Peering(id: "pcx-1", requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: "us-east-1", status: "active"),
            Peering(id: "pcx-2", requesterVPC: "vpc-0b", accepterVPC: "vpc-0c", region: "us-east-1", status: "active"),
        ])
        let verdict = evaluate(local: facts(), peer: facts(vpc: "vpc-0c"), policy: policy)
        #expect(codes(verdict) == [.vpcNotShared])
        #expect(verdict.reasons.first?.observed == "local vpc-0a, peer vpc-0c, no peering")
        #expect(evaluate(local: facts(), peer: facts(vpc: "vpc-0b"), policy: policy) == .eligible)
    }

    @Test("refuses an inter-Region peering, even if the stated Regions of the hosts are equal")
    func interRegionPeering() {
        let policy = Policy(peerings: [
            Peering(
                id: "pcx-1", requesterVPC: "vpc-0a", requesterRegion: "us-east-1", accepterVPC: "vpc-0b",
                accepterRegion: "us-west-2", status: "active")
        ])
        let apart = evaluate(local: facts(), peer: facts(region: "us-west-2", vpc: "vpc-0b"), policy: policy)
        #expect(codes(apart) == [.regionMismatch, .vpcNotShared])
        let claimedEqual = evaluate(local: facts(), peer: facts(vpc: "vpc-0b"), policy: policy)
        #expect(codes(claimedEqual) == [.vpcNotShared])
        #expect(
            claimedEqual.reasons.first?.observed
                == "local vpc-0a, peer vpc-0b, only pcx-1 between us-east-1 and us-west-2")
    }

    @Test("does not treat a peering with an unknown Region as one within a Region")
    func peeringRegionUnknown() {
        let peering = Peering(
            id: "pcx-1", requesterVPC: "vpc-0a", accepterVPC: "vpc-0b", region: "", status: "active")
        let verdict = evaluate(local: facts(), peer: facts(vpc: "vpc-0b"), policy: Policy(peerings: [peering]))
        #expect(codes(verdict) == [.vpcNotShared])
    }

    @Test("names every unknown fact and its side")
    func unknownFacts() {
        let verdict = evaluate(local: Facts(), peer: Facts(), policy: Policy())
        #expect(Set(codes(verdict)) == [.factsUnknown])
        #expect(
            verdict.reasons.map(\.observed) == [
                "local type unknown", "peer type unknown", "local region unknown", "peer region unknown",
                "local vpc unknown", "peer vpc unknown",
            ])
        let one = evaluate(local: facts(), peer: facts(vpc: nil), policy: Policy())
        #expect(one.reasons.map(\.observed) == ["peer vpc unknown"])
    }

    @Test("does not treat two empty texts as equal facts")
    func emptyIsUnknown() {
        let empty = facts(type: "", region: "", vpc: "")
        #expect(
            codes(evaluate(local: empty, peer: empty, policy: Policy())) == Array(repeating: .factsUnknown, count: 6))
    }

    @Test("needs only type, Region and VPC before a handshake")
    func otherFactsMayBeUnknown() {
        #expect(evaluate(local: facts(), peer: facts(addresses: nil), policy: Policy()) == .eligible)
    }

    @Test("reports every failed rule, in the order of the rules")
    func everyReason() throws {
        let claims = try Claims(
            [.instanceID: "i-0c", .region: "eu-west-1"], addresses: [address("10.78.0.9"), address("fd00::9")])
        let peer = facts(
            id: "i-0b", type: "t3.micro", region: "us-west-2", vpc: "vpc-0b", addresses: try prefixes("10.78.0.2/32"))
        let verdict = evaluate(local: facts(type: "m5.large"), peer: peer, claims: claims, policy: Policy())
        #expect(
            codes(verdict) == [
                .localTypeUnsupported, .peerTypeUnsupported, .regionMismatch, .vpcNotShared, .identityMismatch,
                .identityMismatch, .addressNotOwned, .addressNotOwned,
            ])
        #expect(verdict == evaluate(local: facts(type: "m5.large"), peer: peer, claims: claims, policy: Policy()))
    }

    @Test("names the provenance of each side's fact")
    func namesProvenance() {
        var peer = facts(region: "us-west-2")
        peer[.region] = Fact("us-west-2", .certificate)
        let verdict = evaluate(local: facts(), peer: peer, policy: Policy())
        #expect(verdict.reasons.first?.source == "local stated by operator, peer certificate")
        let reason = verdict.reasons.first?.description
        #expect(
            reason
                == "region-mismatch: local us-east-1, peer us-west-2; required: one Region "
                + "(local stated by operator, peer certificate)")
    }
}

@Suite("The rules about a peer's claims")
struct ClaimsRuleTests {
    @Test("refuse claims that contradict any known fact", arguments: FactName.allCases)
    func contradicts(name: FactName) throws {
        var peer = facts(
            id: "i-0b", account: "123456789012", zone: "us-east-1a", subnet: "subnet-0a",
            addresses: try prefixes("10.78.0.2/32"))
        let agreeing = try Claims(of: peer)
        #expect(evaluate(local: facts(), peer: peer, claims: agreeing, policy: Policy()) == .eligible)

        let known = try #require(peer[name]).value
        var claimed = Facts()
        claimed[name] = stated("other")
        let claims = try Claims(of: claimed)
        let verdict = evaluate(local: facts(), peer: peer, claims: claims, policy: Policy())
        #expect(codes(verdict) == [.identityMismatch])
        #expect(verdict.reasons.first?.observed == "\(name) other")
        #expect(verdict.reasons.first?.required == "\(name) \(known)")

        let silent = try Claims()
        #expect(evaluate(local: facts(), peer: peer, claims: silent, policy: Policy()) == .eligible)
        peer[name] = nil
        let unknown = evaluate(local: facts(), peer: peer, claims: claims, policy: Policy())
        #expect(!codes(unknown).contains(.identityMismatch))
    }

    @Test("never treat a claimed fact as known")
    func isNoProof() throws {
        let claims = try Claims([.instanceType: "m5n.large", .region: "us-east-1", .vpc: "vpc-0a"])
        let verdict = evaluate(local: facts(), peer: Facts(), claims: claims, policy: Policy())
        #expect(codes(verdict) == [.factsUnknown, .factsUnknown, .factsUnknown])
    }

    @Test("refuse each address outside the peer's prefixes and none inside")
    func addresses() throws {
        let peer = facts(addresses: try prefixes("10.78.0.2/32", "10.79.0.0/24", "fd00:1::/64"))
        let inside = try Claims(addresses: [
            address("10.78.0.2"), address("10.79.0.255"), address("fd00:1::ffff"),
        ])
        #expect(evaluate(local: facts(), peer: peer, claims: inside, policy: Policy()) == .eligible)
        let mixed = try Claims(addresses: [address("10.78.0.3"), address("10.79.0.1"), address("fd00:2::1")])
        let verdict = evaluate(local: facts(), peer: peer, claims: mixed, policy: Policy())
        #expect(codes(verdict) == [.addressNotOwned, .addressNotOwned])
        #expect(verdict.reasons.map(\.observed) == ["10.78.0.3", "fd00:2::1"])
        #expect(verdict.reasons.first?.required == "an address within 10.78.0.2/32, 10.79.0.0/24, fd00:1::/64")
    }

    @Test("do not accept addresses while the peer's prefixes are unknown")
    func prefixesUnknown() throws {
        let claims = try Claims(addresses: [address("10.78.0.2"), address("10.78.0.3")])
        let verdict = evaluate(local: facts(), peer: facts(), claims: claims, policy: Policy())
        #expect(verdict.reasons.map(\.observed) == ["peer addresses unknown"])
        #expect(codes(verdict) == [.factsUnknown])
    }

    @Test("evaluate a single source address for a dry run")
    func sourceAlone() throws {
        let peer = facts(addresses: try prefixes("10.78.0.2/32"))
        #expect(AddressesRule.reason(against: try address("10.78.0.2"), of: peer) == nil)
        #expect(AddressesRule.reason(against: try address("10.78.0.3"), of: peer)?.code == .addressNotOwned)
        #expect(AddressesRule.reason(against: try address("10.78.0.2"), of: facts())?.code == .factsUnknown)
        let none = facts(addresses: Fact([], .stated))
        #expect(AddressesRule.reason(against: try address("10.78.0.2"), of: none)?.code == .addressNotOwned)
        #expect(peer.owns(try address("10.78.0.2")))
        #expect(!peer.owns(try address("10.78.0.3")))
        #expect(!facts().owns(try address("10.78.0.2")))
    }
}

/// Every reason code with its number on the wire, in the order of the cases. Both are stable.
let stableCodes: [(name: String, number: UInt8)] = [
    ("local-type-unsupported", 1), ("peer-type-unsupported", 2), ("region-mismatch", 3), ("vpc-not-shared", 4),
    ("peering-not-active", 5), ("facts-unknown", 6), ("identity-mismatch", 7), ("address-not-owned", 8),
    ("facts-unproven", 13), ("certificate-untrusted", 9), ("certificate-expired", 10),
    ("certificate-not-yet-valid", 11), ("certificate-revoked", 12), ("revocation-list-stale", 26),
    ("placement-unsupported", 27),
    ("path-device", 14), ("path-missing", 15), ("path-unknown", 16), ("path-translated", 17), ("path-forwarded", 18),
    ("path-mtu-reduced", 19),
]

@Suite("Names and texts")
struct WordTests {
    @Test("every reason code has its stable name, a one-sentence explanation and a remedy")
    func reasonCodes() {
        #expect(ReasonCode.allCases.map(\.rawValue) == stableCodes.map(\.name))
        #expect(Set(stableCodes.map(\.number)).count == stableCodes.count)
        for code in ReasonCode.allCases {
            #expect(code.description == code.rawValue)
            #expect(code.explanation.hasSuffix("."))
            #expect(code.explanation.filter { $0 == "." }.count == 1)
            #expect(!code.remedy.isEmpty)
        }
    }

    @Test("provenance is ordered from the operator's statement to AWS's signature")
    func provenance() {
        #expect(Provenance.allCases == Provenance.allCases.sorted())
        #expect(
            Provenance.allCases.map(\.description) == [
                "stated by operator", "instance metadata", "certificate", "AWS-signed document",
            ])
    }
}

@Suite("The policy's reaction to a rule")
struct ReactionTests {
    private func evaluated(_ local: Facts, _ peer: Facts, _ policy: Policy) -> Case {
        Case(local: LocalFacts(stated: local), peer: PeerFacts(stated: peer), policy: policy)
    }

    @Test("with ignored types, two m5.large are eligible and the rule's result is still reported")
    func ignoredTypes() throws {
        let m5 = facts(type: "m5.large")
        #expect(codes(evaluated(m5, m5, Policy()).verdict) == [.localTypeUnsupported, .peerTypeUnsupported])
        for reaction in [Reaction.ignore, .warn] {
            let relaxed = evaluated(m5, m5, Policy(reactions: [.types: reaction]))
            #expect(relaxed.verdict == .eligible)
            let result = try #require(relaxed.results(of: [.types]).first)
            #expect(result.reaction == reaction && result.finding == .objection)
            #expect(result.reasons.map(\.code) == [.localTypeUnsupported, .peerTypeUnsupported])
            #expect(relaxed.warnings.map(\.rule) == (reaction == .warn ? [.types] : []))
        }
        // Nothing else is relaxed.
        let elsewhere = evaluated(m5, facts(type: nil, region: "us-west-2"), Policy(reactions: [.types: .ignore]))
        #expect(codes(elsewhere.verdict) == [.regionMismatch])
    }

    @Test("an ignored rule needs no facts, and another rule that needs them reports them as unknown")
    func needs() {
        #expect(Policy().neededFacts == [.instanceType, .region, .vpc])
        let policy = Policy(leastProvenance: [.instanceType: .certificate], reactions: [.types: .ignore])
        #expect(policy.neededFacts == [.region, .vpc])
        #expect(codes(evaluated(facts(), facts(type: nil), policy).verdict) == [.factsUnknown])
    }

    @Test("an unsupported reaction becomes `refuse`: an invalid certificate never becomes a warning")
    func impossible() {
        let policy = Policy(reactions: [.certificate: .ignore, .host: .warn, .types: .require])
        #expect(policy == Policy())
        #expect(Rules.all.filter { $0.rule.reactions == [.refuse] } == [.host, .certificate])
        for name in Rules.all { #expect(name.rule.reactions.contains(name.rule.defaultReaction)) }
    }

    @Test("every other rule can refuse, warn or be ignored", arguments: Rules.all)
    func any(_ name: RuleName) {
        guard name.rule.reactions.count > 1 else { return }
        #expect(Set(name.rule.reactions).isSuperset(of: [.refuse, .warn, .ignore]))
        for reaction in name.rule.reactions { #expect(Policy(reactions: [name: reaction])[name] == reaction) }
    }

    @Test("a rule gives only the codes it declares, and has its texts")
    func codesOfRules() {
        for name in Rules.all {
            #expect(!name.rule.codes.isEmpty && Set(name.rule.codes).count == name.rule.codes.count)
            #expect(name.rule.trigger.hasPrefix("when "))
            #expect(!name.rule.passText.isEmpty)
        }
        #expect(Set(Rules.all.flatMap(\.rule.codes)) == Set(ReasonCode.allCases))
    }
}

@Suite("The placement rule")
struct PlacementRuleTests {
    private func evaluated(local: String? = "us-east-1a", peer: String?, _ policy: Policy = Policy()) -> Case {
        Case(
            local: LocalFacts(stated: facts(zone: local)), peer: PeerFacts(stated: facts(zone: peer)), policy: policy)
    }

    @Test(
        "recognizes Local Zones and Wavelength Zones by name, and never an Availability Zone",
        arguments: [
            ("us-east-1-bos-1a", "Local Zone"), ("us-west-2-lax-1b", "Local Zone"),
            ("ap-southeast-2-per-1a", "Local Zone"), ("us-east-1-wl1-bos-wlz-1", "Wavelength Zone"),
            ("eu-west-2-wl2-man-wlz-1", "Wavelength Zone"), ("us-east-1a", nil), ("ap-southeast-1c", nil),
            ("us-gov-west-1a", nil), ("us-iso-east-1b", nil), ("use1-az1", nil), ("no", nil), ("", nil), ("1-2-3", nil),
            ("us-east-1", nil),
        ] as [(String, String?)])
    func zones(zone: String, kind: String?) {
        let refusing = Policy(reactions: [.placement: .refuse])
        let peer = evaluated(peer: zone, refusing).reasons()
        #expect(peer.map(\.code) == (kind == nil ? [] : [.placementUnsupported]))
        #expect(peer.first?.observed == kind.map { "peer \(zone), a \($0)" })
        let both = evaluated(local: zone, peer: zone, refusing).reasons()
        #expect(both.map(\.observed) == (kind.map { ["local \(zone), a \($0)", "peer \(zone), a \($0)"] } ?? []))
    }

    @Test("warns by default, and passes an unknown zone unless required")
    func reactions() {
        let warned = evaluated(peer: "us-east-1-bos-1a")
        #expect(warned.verdict == .eligible)
        #expect(warned.warnings.map(\.rule) == [.placement])
        let unknown = evaluated(peer: nil)
        #expect(unknown.verdict == .eligible && unknown.warnings.isEmpty)
        #expect(unknown.results(of: [.placement]).map(\.finding) == [.silent])
        #expect(codes(evaluated(peer: nil, Policy(reactions: [.placement: .refuse])).verdict) == [])
        let required = evaluated(peer: nil, Policy(reactions: [.placement: .require])).reasons()
        #expect(required.map(\.observed) == ["peer zone unknown"])
        #expect(Policy(reactions: [.placement: .require]).neededFacts == [.instanceType, .region, .zone, .vpc])
    }
}
