/// The peer's certificate, if it presented one, is valid and belongs to the instance that the operator configured. A
/// certificate is present if the policy requires one or the peer presented one before.
struct CertificateRule: Rule {
    var codes: [ReasonCode] {
        [
            .identityMismatch, .addressNotOwned, .factsUnproven, .certificateUntrusted, .certificateExpired,
            .certificateNotYetValid, .certificateRevoked, .revocationListStale,
        ]
    }
    var evidence: RuleEvidence { .certificate }
    /// Only `refuse`: a revoked certificate must not become a warning. To use no certificates, configure no
    /// authorities.
    var reactions: [Reaction] { [.refuse] }
    var trigger: String { "when the peer's certificate is missing or invalid" }
    var passText: String { "the peer's certificate is valid, or it needs none" }

    func evaluate(_ side: Side, in evaluated: Case) -> [Reason] {
        guard side == .peer, let peer = evaluated.peer else { return [] }
        return peer.reasons + [missing(of: peer, evaluated.policy)].compactMap(\.self)
    }

    private func missing(of peer: PeerFacts, _ policy: Policy) -> Reason? {
        guard peer.certificate == .none || peer.certificate == .refused([]), peer.lacksCertificate(policy) else {
            return nil
        }
        return Reason(
            code: .factsUnproven,
            observed: "no certificate from the peer" + (peer.hasShownCertificate ? ", which presented one before" : ""),
            required: "a certificate that can be verified"
                + (policy.requiresCertificate ? "" : ", or the peer removed and added again"),
            source: policy.requiresCertificate ? "policy" : "this host's record of the peer")
    }
}
