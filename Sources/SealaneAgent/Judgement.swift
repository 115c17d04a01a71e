import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// The judgement of a peer, by what is known of it and by what it claims and shows.
struct Judgement: Sendable {
    /// Nil: the peer presented nothing, or this host verifies no certificates.
    let presented: PresentedCredential?
    /// Nil: none were received, or they are not readable.
    let claims: Claims?
    /// What the two before come from.
    let handshakes: HandshakeEvidence
    /// The verdict that people see.
    let verdict: Verdict
    /// The reasons that keep packets from passing. Unlike in `verdict`, an unknown fact is a reason.
    let objections: [Reason]
    /// Failed rules that the policy only warns of.
    let warnings: [RuleResult]
    /// The decision about a handshake. An MTU measurement comes from inside a session: an earlier one asks for another, and is no
    /// cause for a refusal.
    let ofHandshake: Decision

    /// The decision about the path of a session.
    var ofPath: Decision { objections.isEmpty ? .accept : .refuse(reasons: Reason.encode(objections)) }

    /// By a handshake.
    init(
        by parameters: HandshakeParameters, _ path: PathObservation, of peer: KnownPeer,
        _ presented: PresentedCredential?, in context: JudgementContext
    ) {
        let claims: Claims?
        let problem: Reason?
        do throws(ClaimsError) {
            claims = try Claims(decoding: parameters.claims)
            problem = nil
        } catch {
            claims = nil
            problem = Reason(
                code: .factsUnknown, observed: "claims that cannot be read: \(error)",
                required: "claims as this version of Sealane writes them", source: "peer's handshake")
        }
        let handshakes = HandshakeEvidence(
            hasClaims: true, certificate: context.verifiesCertificates ? .received : .ignored)
        self.init(path, of: peer, presented, claims, problem, handshakes, in: context)
    }

    /// By the last handshake.
    ///
    /// - Parameter status: the tunnel's, of this peer.
    init(
        again peer: KnownPeer, _ status: PeerStatus?, _ presented: PresentedCredential?, in context: JudgementContext
    ) {
        var handshakes = peer.handshakes
        // A peer that has a session, or has just ended one, was there when its certificate ended.
        let isIdle = status?.session == nil && status?.refusalByPeer == nil
        let isAwaited = !handshakes.hasClaims || (isIdle && peer.hasCertificateEnded(in: presented))
        handshakes.certificate = !context.verifiesCertificates ? .ignored : isAwaited ? .awaited : .received
        self.init(
            status?.path ?? PathObservation(), of: peer, presented, peer.claims, nil, handshakes, in: context)
    }

    /// - Parameter problem: what is wrong with the claims. It replaces all reasons of the rules about hosts.
    private init(
        _ path: PathObservation, of peer: KnownPeer, _ presented: PresentedCredential?, _ claims: Claims?,
        _ problem: Reason?, _ handshakes: HandshakeEvidence, in context: JudgementContext
    ) {
        let facts = PeerFacts(
            stated: peer.facts, certificate: presented?.certificate ?? .none,
            hasShownCertificate: peer.hasShownCertificate)
        func known(_ path: PathEvidence) -> Case {
            Case(local: context.local, peer: facts, claims: claims, path: path, policy: context.policy)
        }
        let evidence = context.evidence(path, of: peer, facts)
        let now = known(evidence)
        let ofHosts = problem.map { [$0] } ?? now.reasons(by: Rules.ofHosts)
        objections = ofHosts + now.reasons(by: Rules.ofPath)
        verdict = handshakes.verdict(objections, of: now, stated: peer.facts)
        warnings = now.warnings
        // The routes, and the observation of the handshake's own datagram.
        var atHandshake = PathEvidence(path.ofHandshake)
        atHandshake.routes = evidence.routes
        let refusal = ofHosts + known(atHandshake).reasons(by: Rules.ofPath)
        ofHandshake =
            refusal.isEmpty
            ? objections.isEmpty ? .accept : .validatePath : .refuse(reasons: Reason.encode(refusal))
        self.handshakes = handshakes
        self.presented = presented
        self.claims = claims
    }
}
