import FoundationEssentials
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// What is found of a peer, by what is known of it and by what it says and shows of itself.
struct Findings: Sendable {
    /// As the peer presented it; empty: nothing was.
    let credential: [UInt8]
    let certificate: PeerFacts.Certificate
    /// Of the certificate and of those that vouch for it. Nil unless it is verified.
    let validity: ClosedRange<Date>?
    /// Nil: none was heard, or it cannot be read.
    let statement: Statement?
    let verdict: Verdict
    /// As seen when this was found.
    let path: PathSightings
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
        local: LocalFacts, _ policy: Policy, at now: Date
    ) {
        let judged: Verdict
        credential = terms.credential
        (certificate, validity) = Self.examine(
            terms.credential, of: peer?.member.definition.publicKey, by: &identities, at: now)
        let facts = PeerFacts(stated: peer?.facts ?? Facts(), certificate: certificate)
        do throws(SealaneEligibility.PayloadError) {
            let statement = try Statement(decoding: terms.statement)
            self.statement = statement
            judged = judge(local: local, peer: facts, statement: statement, policy: policy)
        } catch {
            let reason = Reason(
                code: .factsUnknown, observed: "a statement that cannot be read: \(error)",
                required: "a statement as this version of Sealane writes it", source: "peer's handshake")
            statement = nil
            judged = .refused([reason])
        }
        self.path = path
        (verdict, admission) = Self.hear(path, judged, policy.path)
    }

    /// By what is remembered of the last handshake.
    init(
        ofWhatIsKnownOf peer: KnownPeer, _ path: PathSightings, _ identities: inout VerifiedIdentityCache?,
        local: LocalFacts,
        _ policy: Policy, at now: Date
    ) {
        credential = peer.credential
        statement = peer.statement
        (certificate, validity) = Self.examine(
            peer.credential, of: peer.member.definition.publicKey, by: &identities, at: now)
        let judged = judge(
            local: local, peer: PeerFacts(stated: peer.facts, certificate: certificate), statement: statement,
            policy: policy)
        self.path = path
        (verdict, admission) = Self.hear(path, judged, policy.path)
    }

    private static func hear(
        _ path: PathSightings, _ verdict: Verdict, _ policy: PathPolicy
    ) -> (Verdict, Admission) {
        var atHandshake = PathEvidence(path)
        atHandshake.mtu = nil
        let whole = verdict.afterHearing(PathEvidence(path), policy)
        switch verdict.afterHearing(atHandshake, policy) {
        case .refused(let reasons): return (whole, .refused(reasons: Reason.encode(reasons)))
        case .eligible: return (whole, whole.isEligible ? .admitted : .onTrial)
        }
    }

    private static func examine(
        _ credential: [UInt8], of staticKey: PublicKey?, by identities: inout VerifiedIdentityCache?, at now: Date
    ) -> (PeerFacts.Certificate, validity: ClosedRange<Date>?) {
        guard identities != nil, !credential.isEmpty, let staticKey else { return (.none, nil) }
        guard let presented = PresentedIdentity(credential: credential) else {
            let reason = Reason(
                code: .certificateUntrusted, observed: "\(credential.count) bytes that are no certificate",
                required: "a certificate with its key's signature over the static key", source: "peer's handshake")
            return (.refused([reason]), nil)
        }
        do throws(IdentityRefusal) {
            let identity = try identities?.verify(presented, staticKey: staticKey, at: now)
            return (identity.map { .verified($0.facts) } ?? .none, identity?.validity)
        } catch {
            return (.refused(error.reasons), nil)
        }
    }
}
