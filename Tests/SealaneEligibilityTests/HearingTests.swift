import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

@Suite("What people are told of a peer") struct HearingTests {
    private static let tuple = DatagramTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325))
    private static let straight = PathEvidence(
        translation: .init(claimed: tuple, observed: tuple), forwarding: .init(hopLimit: 255),
        mtu: .init(local: 1500, peer: 1500, carried: 1500))
    private static let witnesses: [Verdict.Need] = [.translation, .forwarding, .mtu]

    /// The strict verdict, and the one that is told.
    private func verdicts(
        _ hearing: Hearing, local: LocalFacts = LocalFacts(stated: facts()), stated: Facts = facts(),
        certificate: PeerFacts.Certificate = .none, path: PathEvidence = PathEvidence(), policy: Policy = Policy()
    ) -> (strict: Verdict, told: Verdict) {
        let peer = PeerFacts(stated: stated, certificate: certificate)
        let strict = judge(local: local, peer: peer, policy: policy).afterHearing(path, policy.path)
        let told = hearing.verdict(
            strict, local: local, stated: stated, statement: nil, path: path, policy: policy)
        return (strict, told)
    }

    @Test("of one that was never heard: unjudged, though all that is stated of it is in order")
    func neverHeard() {
        for certificate in [Hearing.Certificate.ignored, .awaited] {
            let told = verdicts(Hearing(hasStatement: false, certificate: certificate)).told
            #expect(told == .unjudged(missing: [.statement] + Self.witnesses))
            #expect(!told.isEligible && told.reasons.isEmpty)
        }
    }

    @Test("of one whose certificate is required and had no occasion to be shown: unjudged, without a reason")
    func certificateAwaited() {
        let policy = Policy(requiresCertificate: true)
        let unheard = Hearing(hasStatement: false, certificate: .awaited)
        for stated in [facts(), Facts(), facts(region: "us-west-2")] {
            let (strict, told) = verdicts(unheard, stated: stated, policy: policy)
            #expect(codes(strict).contains(.factsUnproven))
            #expect(told == .unjudged(missing: [.statement, .certificate] + Self.witnesses), "\(stated)")
        }
        // It has spoken, and shown none.
        let heard = Hearing(hasStatement: true, certificate: .heard)
        #expect(codes(verdicts(heard, path: Self.straight, policy: policy).told) == [.factsUnproven])
        // No certificate will ever be looked at.
        let ignoring = Hearing(hasStatement: false, certificate: .ignored)
        #expect(codes(verdicts(ignoring, policy: policy).told) == [.factsUnproven])
    }

    @Test("of facts that a certificate may prove or fill in: unjudged until it had an occasion to be shown")
    func proofAwaited() {
        let policy = Policy(leastProvenance: [.instanceType: .certificate, .zone: .certificate])
        let unheard = Hearing(hasStatement: false, certificate: .awaited)
        #expect(
            verdicts(unheard, policy: policy).told == .unjudged(missing: [.statement, .certificate] + Self.witnesses))
        #expect(
            verdicts(unheard, stated: Facts()).told == .unjudged(missing: [.statement, .certificate] + Self.witnesses))
        #expect(codes(verdicts(Hearing(hasStatement: false, certificate: .ignored), stated: Facts()).told).count == 3)
    }

    @Test("of what no handshake would change: the reasons, at once")
    func certain() {
        let unheard = Hearing(hasStatement: false, certificate: .awaited)
        let policy = Policy(requiresCertificate: true)
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        let barred = LocalFacts(stated: facts(), reasons: [expired])
        #expect(verdicts(unheard, local: barred, policy: policy).told.reasons == [expired])
        let weak = LocalFacts(stated: facts(type: "m5.large"))
        #expect(codes(verdicts(unheard, local: weak, policy: policy).told) == [.localTypeUnsupported])
        #expect(codes(verdicts(unheard, stated: facts(region: "us-west-2")).told) == [.regionMismatch])
        let unknown = verdicts(unheard, policy: Policy(path: PathPolicy(routes: .require)))
        #expect(codes(unknown.told) == [.pathUnknown])
    }

    @Test("of a certificate that has ended since it was shown, while nothing was heard: unjudged")
    func endedSince() {
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        for policy in [Policy(), Policy(requiresCertificate: true)] {
            let (strict, told) = verdicts(
                Hearing(hasStatement: true, certificate: .awaited), certificate: .refused([expired]),
                path: Self.straight, policy: policy)
            #expect(strict.reasons == [expired])
            #expect(told == .unjudged(missing: [.certificate]))
        }
    }

    @Test("eligible only once each witness has spoken that may refuse", arguments: PathWitness.allCases)
    func witness(_ witness: PathWitness) {
        let heard = Hearing(hasStatement: true, certificate: .heard)
        #expect(verdicts(heard, path: Self.straight).told == .eligible)
        var path = Self.straight
        var policy = PathPolicy()
        switch witness {
        case .translation: (path.translation, policy.translation) = (nil, .warn)
        case .forwarding: (path.forwarding, policy.forwarding) = (nil, .warn)
        case .mtu: (path.mtu, policy.mtu) = (nil, .warn)
        // Where it need not know, it need not speak.
        case .routes: return #expect(verdicts(heard, path: path).told == .eligible)
        }
        #expect(verdicts(heard, path: path).told.missing.map(\.rawValue) == [witness.rawValue])
        #expect(verdicts(heard, path: path, policy: Policy(path: policy)).told == .eligible)
    }

    @Test("never better than what packets are held to, whatever is known")
    func neverBetter() throws {
        var random = SeededRandom(seed: 13)
        var counts: [Verdict.Outcome: Int] = [:]
        for _ in 0..<5_000 {
            func chance() -> Bool { Bool.random(using: &random) }
            func text(_ choices: [String?]) -> String? { choices.randomElement(using: &random) ?? nil }
            func someFacts() -> Facts {
                facts(
                    type: text(["c5n.large", "c5n.large", "c5n.large", "m5.large", nil]),
                    region: text(["us-east-1", "us-east-1", "us-east-1", "us-west-2", nil]),
                    vpc: text(["vpc-0a", "vpc-0a", "vpc-0a", nil]))
            }
            let reason = Reason(code: .certificateExpired, observed: "", required: "", source: "")
            let certificates: [PeerFacts.Certificate] = [.none, .verified(someFacts()), .refused([reason])]
            var path = Self.straight
            if chance(), chance() { path.mtu = chance() ? nil : .init(local: 1500, peer: 1500, carried: 1400) }
            if chance(), chance() { path.forwarding = nil }
            if chance(), chance() { path.translation = nil }
            let reactions: [WitnessReaction] = [.refuse, .warn, .ignore]
            let policy = Policy(
                requiresCertificate: chance(), leastProvenance: chance() ? [:] : [.region: .certificate],
                path: PathPolicy(
                    mtu: reactions.randomElement(using: &random) ?? .refuse,
                    routes: chance() && chance() ? .require : .warn))
            let hearing = Hearing(
                hasStatement: chance(),
                certificate: [.ignored, .awaited, .heard].randomElement(using: &random) ?? .heard)
            let (strict, told) = verdicts(
                hearing, local: LocalFacts(stated: someFacts(), reasons: chance() && chance() ? [reason] : []),
                stated: someFacts(), certificate: certificates.randomElement(using: &random) ?? .none, path: path,
                policy: policy)
            counts[told.outcome, default: 0] += 1
            switch told {
            case .eligible: #expect(strict == .eligible && hearing.hasStatement)
            case .refused(let reasons): #expect(!reasons.isEmpty && strict != .eligible)
            case .unjudged(let missing): #expect(!missing.isEmpty)
            }
            if hearing.certificate != .awaited { #expect(told.reasons == strict.reasons) }
        }
        #expect(Verdict.Outcome.allCases.allSatisfy { counts[$0, default: 0] > 20 }, "\(counts)")
    }

    @Test("more than once: a verdict that lacks something is not made a pass by a path that nobody objects to")
    func afterHearing() {
        let unjudged = Verdict.unjudged(missing: [.statement])
        #expect(unjudged.afterHearing(Self.straight, PathPolicy()) == unjudged)
    }
}
