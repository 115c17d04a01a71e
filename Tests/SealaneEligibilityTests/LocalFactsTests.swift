import SealaneEligibility
import Testing

@Suite("A host's own facts")
struct LocalFactsTests {
    private func metadata(_ facts: Facts) -> Facts {
        var facts = facts
        for name in FactName.allCases { facts[name] = facts[name].map { Fact($0.value, .instanceMetadata) } }
        return facts
    }

    @Test("are the stated ones if there is no other source")
    func statedAlone() {
        let local = LocalFacts(stated: facts(id: "i-0a"), proven: [Facts()])
        #expect(local == LocalFacts(stated: facts(id: "i-0a")))
        #expect(local.facts == facts(id: "i-0a"))
        #expect(local.reasons.isEmpty)
    }

    @Test("are completed by a stronger source, and shared facts have its provenance")
    func filled() {
        let local = LocalFacts(
            stated: facts(type: "c5n.large", region: nil, vpc: ""),
            proven: [metadata(facts(type: "c5n.large", region: "eu-west-1", vpc: "vpc-02"))])
        #expect(local.facts[.instanceType] == Fact("c5n.large", .instanceMetadata))
        #expect(local.facts[.region] == Fact("eu-west-1", .instanceMetadata))
        #expect(local.facts[.vpc] == Fact("vpc-02", .instanceMetadata))
        #expect(local.reasons.isEmpty)
    }

    @Test("come from the strongest source, whatever the order")
    func best() {
        let certificate = Facts([.zone: Fact("z", .certificate)])
        let other = Facts([.zone: Fact("z", .instanceMetadata)])
        for proven in [[certificate, other], [other, certificate]] {
            #expect(LocalFacts(stated: facts(zone: "z"), proven: proven).facts[.zone]?.provenance == .certificate)
        }
    }

    @Test("keep the stated addresses")
    func addresses() throws {
        let proven = Facts(addresses: try prefixes("10.77.0.1/32"))
        let local = LocalFacts(stated: facts(addresses: try prefixes("10.78.0.1/32")), proven: [proven])
        #expect(local.facts.addresses == (try prefixes("10.78.0.1/32")))
        #expect(LocalFacts(stated: facts(), proven: [proven]).facts.addresses == nil)
    }

    @Test("give an identity-mismatch for every fact on which two sources differ", arguments: FactName.allCases)
    func contradiction(name: FactName) {
        var (one, other) = (Facts(), Facts())
        one[name] = Fact("here", .stated)
        other[name] = Fact("there", .instanceMetadata)
        let local = LocalFacts(stated: one, proven: [other])
        #expect(
            local.reasons == [
                Reason(
                    code: .identityMismatch, observed: "local \(name) here", required: "\(name) there",
                    source: "observed: stated by operator; required: instance metadata")
            ])
        #expect(local.facts[name] == Fact("there", .instanceMetadata))
    }

    @Test("refuse every peer if two sources contradict each other")
    func contradictionRefuses() {
        let peer = facts()
        let wrong = LocalFacts(
            stated: facts(id: "i-0a"), proven: [metadata(facts(id: "i-0b"))])
        #expect(codes(evaluate(local: wrong, peer: PeerFacts(stated: peer), policy: Policy())) == [.identityMismatch])
        let right = LocalFacts(stated: facts(id: "i-0a"), proven: [metadata(facts(id: "i-0a"))])
        #expect(evaluate(local: right, peer: PeerFacts(stated: peer), policy: Policy()) == .eligible)
    }

    @Test("refuse every peer if they do not fit into claims")
    func unsendable() {
        let longest = String(repeating: "x", count: 64)
        #expect(LocalFacts(stated: facts(id: longest)).reasons.isEmpty)
        let local = LocalFacts(stated: facts(), proven: [Facts([.instanceID: Fact(longest + "x", .instanceMetadata)])])
        #expect(local.reasons.map(\.code) == [.factsUnknown])
        #expect(local.reasons.first?.observed.contains("id has 65 bytes; at most 64 are allowed") == true)
    }

    @Test("give their own reasons first and those of the rules afterwards")
    func order() {
        let reason = Reason(code: .factsUnknown, observed: "o", required: "r", source: "s")
        let local = LocalFacts(stated: facts(type: "t2.nano"), reasons: [reason])
        let verdict = evaluate(local: local, peer: PeerFacts(stated: facts(region: "us-west-2")), policy: Policy())
        #expect(verdict.reasons.first == reason)
        #expect(codes(verdict) == [.factsUnknown, .localTypeUnsupported, .regionMismatch])
    }
}
