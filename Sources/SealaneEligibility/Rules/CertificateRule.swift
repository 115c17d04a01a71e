/// The peer's certificate, where it has shown one, is in order and that of the instance the operator means. One that is required,
/// or that the peer has shown before, is there.
struct CertificateRule: Rule {
    var codes: [ReasonCode] {
        [
            .identityMismatch, .addressNotOwned, .factsUnproven, .certificateUntrusted, .certificateExpired,
            .certificateNotYetValid, .certificateRevoked, .revocationListStale,
        ]
    }
    var evidence: RuleEvidence { .certificate }
    /// A revoked certificate must not become a warning. Who wants no certificates names no authorities.
    var reactions: [Reaction] { [.refuse] }
    var trigger: String { "when the peer's certificate is missing or not in order" }
    var clearance: String { "the peer's certificate is in order, where it needs one" }

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
            observed: "no certificate of the peer" + (peer.hasShownCertificate ? ", which has shown one before" : ""),
            required: "one that can be verified"
                + (policy.requiresCertificate ? "" : ", or the peer removed and added again"),
            source: policy.requiresCertificate ? "policy" : "this host's memory of the peer")
    }
}
