import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

@Suite("What people are told of a peer") struct HandshakeEvidenceTests {
    private static let tuple = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325))
    private static let straight = PathEvidence(
        translation: .init(claimed: tuple, observed: tuple), forwarding: .init(hopLimit: 255),
        mtu: .init(local: 1500, peer: 1500, carried: 1500))
    private static let witnesses: [Verdict.Need] = [.translation, .forwarding, .mtu]

    /// The strict verdict, and the one that is told.
    private func verdicts(
        _ handshakes: HandshakeEvidence, local: LocalFacts = LocalFacts(stated: facts()), stated: Facts = facts(),
        certificate: PeerFacts.Certificate = .none, path: PathEvidence = PathEvidence(), policy: Policy = Policy()
    ) -> (strict: Verdict, told: Verdict) {
        let peer = PeerFacts(stated: stated, certificate: certificate)
        let evaluated = Case(local: local, peer: peer, path: path, policy: policy)
        return (evaluated.verdict, handshakes.verdict(evaluated.reasons(), of: evaluated, stated: stated))
    }

    @Test("of one that was never heard: unjudged, though all that is stated of it is in order")
    func neverHeard() {
        for certificate in [HandshakeEvidence.Certificate.ignored, .awaited] {
            let told = verdicts(HandshakeEvidence(hasClaims: false, certificate: certificate)).told
            #expect(told == .unjudged(missing: [.claims] + Self.witnesses))
            #expect(!told.isEligible && told.reasons.isEmpty)
        }
    }

    @Test("of one whose certificate is required and had no occasion to be shown: unjudged, without a reason")
    func certificateAwaited() {
        let policy = Policy(requiresCertificate: true)
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        for stated in [facts(), Facts(), facts(region: "us-west-2")] {
            let (strict, told) = verdicts(unheard, stated: stated, policy: policy)
            #expect(codes(strict).contains(.factsUnproven))
            #expect(told == .unjudged(missing: [.claims, .certificate] + Self.witnesses), "\(stated)")
        }
        // It has spoken, and shown none.
        let heard = HandshakeEvidence(hasClaims: true, certificate: .received)
        #expect(codes(verdicts(heard, path: Self.straight, policy: policy).told) == [.factsUnproven])
        // No certificate will ever be looked at.
        let ignoring = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        #expect(codes(verdicts(ignoring, policy: policy).told) == [.factsUnproven])
    }

    @Test("of facts that a certificate may prove or fill in: unjudged until it had an occasion to be shown")
    func proofAwaited() {
        let policy = Policy(leastProvenance: [.instanceType: .certificate, .zone: .certificate])
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        #expect(
            verdicts(unheard, policy: policy).told == .unjudged(missing: [.claims, .certificate] + Self.witnesses))
        #expect(
            verdicts(unheard, stated: Facts()).told == .unjudged(missing: [.claims, .certificate] + Self.witnesses))
        #expect(
            codes(verdicts(HandshakeEvidence(hasClaims: false, certificate: .ignored), stated: Facts()).told).count == 3
        )
    }

    @Test("of what no handshake would change: the reasons, at once")
    func certain() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        let policy = Policy(requiresCertificate: true)
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        let barred = LocalFacts(stated: facts(), reasons: [expired])
        #expect(verdicts(unheard, local: barred, policy: policy).told.reasons == [expired])
        let weak = LocalFacts(stated: facts(type: "m5.large"))
        #expect(codes(verdicts(unheard, local: weak, policy: policy).told) == [.localTypeUnsupported])
        #expect(codes(verdicts(unheard, stated: facts(region: "us-west-2")).told) == [.regionMismatch])
        let unknown = verdicts(unheard, policy: Policy(reactions: [.routes: .require]))
        #expect(codes(unknown.told) == [.pathUnknown])
    }

    @Test("of a certificate that has ended since it was shown, while nothing was heard: unjudged")
    func endedSince() {
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        for policy in [Policy(), Policy(requiresCertificate: true)] {
            let (strict, told) = verdicts(
                HandshakeEvidence(hasClaims: true, certificate: .awaited), certificate: .refused([expired]),
                path: Self.straight, policy: policy)
            #expect(strict.reasons == [expired])
            #expect(told == .unjudged(missing: [.certificate]))
        }
    }

    @Test("eligible only once each witness has spoken that may refuse", arguments: Rules.ofPath)
    func witness(_ witness: RuleName) {
        let heard = HandshakeEvidence(hasClaims: true, certificate: .received)
        #expect(verdicts(heard, path: Self.straight).told == .eligible)
        var path = Self.straight
        switch witness {
        case .translation: path.translation = nil
        case .forwarding: path.forwarding = nil
        case .mtu: path.mtu = nil
        // Where it need not know, it need not speak.
        default: return #expect(verdicts(heard, path: path).told == .eligible)
        }
        #expect(verdicts(heard, path: path).told.missing.map(\.rawValue) == [witness.rawValue])
        #expect(verdicts(heard, path: path, policy: Policy(reactions: [witness: .warn])).told == .eligible)
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
            let reactions: [Reaction] = [.refuse, .warn, .ignore]
            let policy = Policy(
                requiresCertificate: chance(), leastProvenance: chance() ? [:] : [.region: .certificate],
                reactions: [
                    .mtu: reactions.randomElement(using: &random) ?? .refuse,
                    .routes: chance() && chance() ? .require : .warn,
                ])
            let handshakes = HandshakeEvidence(
                hasClaims: chance(),
                certificate: [.ignored, .awaited, .received].randomElement(using: &random) ?? .received)
            let (strict, told) = verdicts(
                handshakes, local: LocalFacts(stated: someFacts(), reasons: chance() && chance() ? [reason] : []),
                stated: someFacts(), certificate: certificates.randomElement(using: &random) ?? .none, path: path,
                policy: policy)
            counts[told.outcome, default: 0] += 1
            switch told {
            case .eligible: #expect(strict == .eligible && handshakes.hasClaims)
            case .refused(let reasons): #expect(!reasons.isEmpty && strict != .eligible)
            case .unjudged(let missing): #expect(!missing.isEmpty)
            }
            if handshakes.certificate != .awaited { #expect(told.reasons == strict.reasons) }
        }
        #expect(Verdict.Outcome.allCases.allSatisfy { counts[$0, default: 0] > 20 }, "\(counts)")
    }

    @Test("of one that was never heard: unjudged, though nothing speaks against the path")
    func pathAlone() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        #expect(verdicts(unheard, path: Self.straight).told == .unjudged(missing: [.claims]))
    }

    @Test("that its policy ignores: the rule that is ignored needs nothing, and refuses nothing")
    func ignored() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        var policy = Policy(reactions: [.facts: .ignore, .addresses: .warn])
        #expect(verdicts(unheard, path: Self.straight, policy: policy).told == .eligible)
        policy[.types] = .ignore
        let weak = LocalFacts(stated: facts(type: "m5.large"))
        #expect(
            verdicts(unheard, local: weak, stated: facts(type: "m5.large"), path: Self.straight, policy: policy).told
                == .eligible)
    }
}
