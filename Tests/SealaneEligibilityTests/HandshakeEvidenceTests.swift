import SealaneEligibility
import SealanePacket
import TestSupport
import Testing

@Suite("The displayed verdict on a peer") struct HandshakeEvidenceTests {
    private static let tuple = FourTuple(
        source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
        destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325))
    private static let straight = PathEvidence(
        translation: .init(claimed: tuple, observed: tuple), forwarding: .init(hopLimit: 255),
        mtu: .init(local: 1500, peer: 1500, carried: 1500))
    private static let witnesses: [Verdict.Need] = [.translation, .forwarding, .mtu]

    /// The strict verdict, and the displayed one.
    private func verdicts(
        _ handshakes: HandshakeEvidence, local: LocalFacts = LocalFacts(stated: facts()), stated: Facts = facts(),
        certificate: PeerFacts.Certificate = .none, path: PathEvidence = PathEvidence(), policy: Policy = Policy()
    ) -> (strict: Verdict, displayed: Verdict) {
        let peer = PeerFacts(stated: stated, certificate: certificate)
        let evaluated = Case(local: local, peer: peer, path: path, policy: policy)
        return (evaluated.verdict, handshakes.verdict(evaluated.reasons(), of: evaluated, stated: stated))
    }

    @Test("before a handshake: unjudged, even if all stated facts pass")
    func neverHeard() {
        for certificate in [HandshakeEvidence.Certificate.ignored, .awaited] {
            let displayed = verdicts(HandshakeEvidence(hasClaims: false, certificate: certificate)).displayed
            #expect(displayed == .unjudged(missing: [.claims] + Self.witnesses))
            #expect(!displayed.isEligible && displayed.reasons.isEmpty)
        }
    }

    @Test("before the peer could present a required certificate: unjudged, without a reason")
    func certificateAwaited() {
        let policy = Policy(requiresCertificate: true)
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        for stated in [facts(), Facts(), facts(region: "us-west-2")] {
            let (strict, displayed) = verdicts(unheard, stated: stated, policy: policy)
            #expect(codes(strict).contains(.factsUnproven))
            #expect(displayed == .unjudged(missing: [.claims, .certificate] + Self.witnesses), "\(stated)")
        }
        // A handshake without a certificate.
        let heard = HandshakeEvidence(hasClaims: true, certificate: .received)
        #expect(codes(verdicts(heard, path: Self.straight, policy: policy).displayed) == [.factsUnproven])
        // Certificates are not used.
        let ignoring = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        #expect(codes(verdicts(ignoring, policy: policy).displayed) == [.factsUnproven])
    }

    @Test("with facts that a certificate may prove or provide: unjudged until the peer could present it")
    func proofAwaited() {
        let policy = Policy(leastProvenance: [.instanceType: .certificate, .zone: .certificate])
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        #expect(
            verdicts(unheard, policy: policy).displayed == .unjudged(missing: [.claims, .certificate] + Self.witnesses))
        #expect(
            verdicts(unheard, stated: Facts()).displayed
                == .unjudged(missing: [.claims, .certificate] + Self.witnesses))
        #expect(
            codes(verdicts(HandshakeEvidence(hasClaims: false, certificate: .ignored), stated: Facts()).displayed).count
                == 3
        )
    }

    @Test("with reasons that no handshake can change: refused at once")
    func certain() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .awaited)
        let policy = Policy(requiresCertificate: true)
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        let barred = LocalFacts(stated: facts(), reasons: [expired])
        #expect(verdicts(unheard, local: barred, policy: policy).displayed.reasons == [expired])
        let weak = LocalFacts(stated: facts(type: "m5.large"))
        #expect(codes(verdicts(unheard, local: weak, policy: policy).displayed) == [.localTypeUnsupported])
        #expect(codes(verdicts(unheard, stated: facts(region: "us-west-2")).displayed) == [.regionMismatch])
        let unknown = verdicts(unheard, policy: Policy(reactions: [.routes: .require]))
        #expect(codes(unknown.displayed) == [.pathUnknown])
    }

    @Test("after the certificate expired without a new handshake: unjudged")
    func endedSince() {
        let expired = Reason(code: .certificateExpired, observed: "", required: "", source: "")
        for policy in [Policy(), Policy(requiresCertificate: true)] {
            let (strict, displayed) = verdicts(
                HandshakeEvidence(hasClaims: true, certificate: .awaited), certificate: .refused([expired]),
                path: Self.straight, policy: policy)
            #expect(strict.reasons == [expired])
            #expect(displayed == .unjudged(missing: [.certificate]))
        }
    }

    @Test("is eligible only after every path witness that may refuse has evidence", arguments: Rules.ofPath)
    func witness(_ witness: RuleName) {
        let heard = HandshakeEvidence(hasClaims: true, certificate: .received)
        #expect(verdicts(heard, path: Self.straight).displayed == .eligible)
        var path = Self.straight
        switch witness {
        case .translation: path.translation = nil
        case .forwarding: path.forwarding = nil
        case .mtu: path.mtu = nil
        // A witness that does not have to decide needs no evidence.
        default: return #expect(verdicts(heard, path: path).displayed == .eligible)
        }
        #expect(verdicts(heard, path: path).displayed.missing.map(\.rawValue) == [witness.rawValue])
        #expect(verdicts(heard, path: path, policy: Policy(reactions: [witness: .warn])).displayed == .eligible)
    }

    @Test("is never better than the strict verdict, whatever is known")
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
            let (strict, displayed) = verdicts(
                handshakes, local: LocalFacts(stated: someFacts(), reasons: chance() && chance() ? [reason] : []),
                stated: someFacts(), certificate: certificates.randomElement(using: &random) ?? .none, path: path,
                policy: policy)
            counts[displayed.outcome, default: 0] += 1
            switch displayed {
            case .eligible: #expect(strict == .eligible && handshakes.hasClaims)
            case .refused(let reasons): #expect(!reasons.isEmpty && strict != .eligible)
            case .unjudged(let missing): #expect(!missing.isEmpty)
            }
            if handshakes.certificate != .awaited { #expect(displayed.reasons == strict.reasons) }
        }
        #expect(Verdict.Outcome.allCases.allSatisfy { counts[$0, default: 0] > 20 }, "\(counts)")
    }

    @Test("before a handshake: unjudged, even if the path passes")
    func pathAlone() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        #expect(verdicts(unheard, path: Self.straight).displayed == .unjudged(missing: [.claims]))
    }

    @Test("with an ignored rule: the rule needs no evidence and refuses nothing")
    func ignored() {
        let unheard = HandshakeEvidence(hasClaims: false, certificate: .ignored)
        var policy = Policy(reactions: [.facts: .ignore, .addresses: .warn])
        #expect(verdicts(unheard, path: Self.straight, policy: policy).displayed == .eligible)
        policy[.types] = .ignore
        let weak = LocalFacts(stated: facts(type: "m5.large"))
        #expect(
            verdicts(unheard, local: weak, stated: facts(type: "m5.large"), path: Self.straight, policy: policy)
                .displayed
                == .eligible)
    }
}
