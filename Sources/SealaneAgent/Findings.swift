import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// What is found of a peer, by what is known of it and by what it says and shows of itself.
struct Findings: Sendable {
    /// Nil: nothing was presented, or certificates are not looked at.
    let presented: PresentedCredential?
    /// Nil: none were received, or they cannot be read.
    let claims: Claims?
    /// What the two before come from.
    let handshakes: HandshakeEvidence
    /// What people are told.
    let verdict: Verdict
    /// What keeps packets from passing. Unlike for `verdict`, what is not known yet is a reason.
    let objections: [Reason]
    /// As the tunnel had seen it when this was found.
    let path: PathSightings
    /// What was observed of the path. Empty of a peer that is not known.
    let evidence: PathEvidence
    /// What the policy only warns of.
    let warnings: [RuleResult]
    /// What a handshake comes to. What a path carries is seen only inside a session: what was seen of that before asks for
    /// a look, not for a refusal.
    let admission: Admission

    /// By a handshake.
    ///
    /// - Parameters:
    ///   - peer: nil: nothing is known of it.
    ///   - identities: nil: certificates are not looked at.
    init(
        by terms: PeerTerms, _ path: PathSightings, of peer: KnownPeer?, _ identities: inout VerifiedIdentityCache?,
        from standpoint: Standpoint
    ) {
        let presented = PresentedCredential(
            terms.credential, of: peer?.member.definition.publicKey, by: &identities, at: standpoint.date)
        let claims: Claims?
        let problem: Reason?
        do throws(ClaimsError) {
            claims = try Claims(decoding: terms.statement)
            problem = nil
        } catch {
            claims = nil
            problem = Reason(
                code: .factsUnknown, observed: "a statement that cannot be read: \(error)",
                required: "a statement as this version of Sealane writes it", source: "peer's handshake")
        }
        let handshakes = HandshakeEvidence(hasClaims: true, certificate: identities == nil ? .ignored : .received)
        self.init(path, of: peer, presented, claims, problem, handshakes, from: standpoint)
    }

    /// By what is remembered of the last handshake.
    ///
    /// - Parameter status: the tunnel's, of this peer.
    init(
        ofWhatIsKnownOf peer: KnownPeer, _ status: PeerStatus?, _ identities: inout VerifiedIdentityCache?,
        from standpoint: Standpoint
    ) {
        // Where certificates were not looked at until now, the tunnel has what the peer has shown.
        let credential = peer.presented?.credential ?? (peer.handshakes.hasClaims ? status?.terms?.credential : nil)
        let presented = PresentedCredential(
            credential ?? [], of: peer.member.definition.publicKey, by: &identities, at: standpoint.date)
        var handshakes = peer.handshakes
        // A peer that has a session, or has just ended one, was there when its certificate ended.
        let isIdle = status?.session == nil && status?.refusalByPeer == nil
        let isAwaited = !handshakes.hasClaims || (isIdle && peer.hasCertificateEnded(in: presented))
        handshakes.certificate = identities == nil ? .ignored : isAwaited ? .awaited : .received
        self.init(
            status?.path ?? PathSightings(), of: peer, presented, peer.claims, nil, handshakes, from: standpoint)
    }

    /// - Parameter problem: what is wrong with the claims: it takes the place of all that the rules of hosts find.
    private init(
        _ path: PathSightings, of peer: KnownPeer?, _ presented: PresentedCredential?, _ claims: Claims?,
        _ problem: Reason?, _ handshakes: HandshakeEvidence, from standpoint: Standpoint
    ) {
        let policy = standpoint.policy
        let stated = peer?.facts ?? Facts()
        let facts = PeerFacts(
            stated: stated, certificate: presented?.certificate ?? .none,
            hasShownCertificate: peer?.hasShownCertificate ?? false)
        func known(_ path: PathEvidence) -> Case {
            Case(local: standpoint.local, peer: facts, claims: claims, path: path, policy: policy)
        }
        evidence = peer.map { standpoint.evidence(path, of: $0, facts) } ?? PathEvidence(path)
        let now = known(evidence)
        let ofHosts = problem.map { [$0] } ?? now.reasons(by: Rules.ofHosts)
        objections = ofHosts + now.reasons(by: Rules.ofPath)
        verdict = handshakes.verdict(objections, of: now, stated: stated)
        warnings = now.warnings
        // The routes, and what the handshake's own datagram shows.
        var atHandshake = PathEvidence(path.ofHandshake)
        atHandshake.routes = evidence.routes
        let refusal = ofHosts + known(atHandshake).reasons(by: Rules.ofPath)
        admission =
            refusal.isEmpty
            ? objections.isEmpty ? .admitted : .onTrial
            : .refused(reasons: Reason.encode(refusal))
        self.handshakes = handshakes
        self.presented = presented
        self.claims = claims
        self.path = path
    }
}

/// What a peer presented to prove its facts, and what that comes to. Most of many peers have presented nothing: it is one
/// word in each of them.
final class PresentedCredential: Sendable {
    let credential: [UInt8]
    /// Verified or refused.
    let certificate: PeerFacts.Certificate
    /// Of the certificate and of those that vouch for it. Nil unless it is verified.
    let validity: ClosedRange<Date>?
    /// How the certificate reads, in order or not. Nil: it is none.
    let report: CertificateReport?

    /// Nil if there is nothing, or nobody who looks at it.
    init?(
        _ credential: [UInt8], of staticKey: PublicKey?, by identities: inout VerifiedIdentityCache?, at now: Date
    ) {
        guard identities != nil, !credential.isEmpty, let staticKey else { return nil }
        self.credential = credential
        guard let presented = PresentedIdentity(credential: credential) else {
            let reason = Reason(
                code: .certificateUntrusted, observed: "\(credential.count) bytes that are no certificate",
                required: "a certificate with its key's signature over the static key", source: "peer's handshake")
            (certificate, validity, report) = (.refused([reason]), nil, nil)
            return
        }
        do throws(IdentityRefusal) {
            guard let identity = try identities?.verify(presented, staticKey: staticKey, at: now) else { return nil }
            certificate = .verified(identity.facts)
            validity = identity.validity
            report = CertificateReport(identity.certificate)
        } catch {
            certificate = .refused(error.reasons)
            validity = nil
            report = (try? IdentityCertificate(der: presented.certificate)).map { CertificateReport($0) }
        }
    }
}
