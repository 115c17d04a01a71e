import SealaneControl
import SealaneEligibility
import SealaneFleet

/// The agent's record of a peer.
struct KnownPeer {
    var member: PeerSet.Member
    /// Its last claims.
    var claims: Claims?
    /// Its last credential; nil: none.
    var presented: PresentedCredential?
    /// Whether it has ever presented a credential, to this run of the agent or an earlier one.
    var hasShownCertificate: Bool
    /// What its last handshake brought.
    var handshakes = HandshakeEvidence(hasClaims: false, certificate: .awaited)
    /// The verdict that people see.
    var verdict = Verdict.unjudged(missing: [.claims])
    /// The last verdict that was logged, or left out.
    var loggedVerdict: Verdict?
    /// The last verdict in the audit log.
    var recordedVerdict: Verdict?
    /// The warnings that are logged.
    var loggedWarnings: [Reason] = []
    /// Its packets from foreign addresses, as far as they are logged.
    var loggedAddressesNotOwned: UInt64 = 0

    var name: String { member.definition.name }
    /// The facts that the operator states.
    var facts: Facts { member.definition.facts }

    init(member: PeerSet.Member, hasShownCertificate: Bool) {
        self.member = member
        self.hasShownCertificate = hasShownCertificate
    }

    /// The facts that the operator states and those that the peer has proven.
    var knownFacts: PeerFacts {
        PeerFacts(
            stated: facts, certificate: presented?.certificate ?? .none, hasShownCertificate: hasShownCertificate)
    }

    /// Whether the certificate that it showed was valid then, and has ended since. The peer may have another one.
    func hasCertificateEnded(in presented: PresentedCredential?) -> Bool {
        guard self.presented?.validity != nil || handshakes.certificate == .awaited,
            case .refused(let reasons)? = presented?.certificate
        else { return false }
        return reasons.allSatisfy { $0.code == .certificateExpired }
    }

    mutating func adopt(_ judgement: Judgement) {
        handshakes = judgement.handshakes
        claims = judgement.claims
        presented = judgement.presented
        verdict = judgement.verdict
    }
}
