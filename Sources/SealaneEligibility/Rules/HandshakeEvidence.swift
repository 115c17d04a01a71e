/// What handshakes with a peer have provided: whether each rule has its evidence.
///
/// Before a handshake, only the facts that the operator stated are known, and the peer's certificate would override
/// those. Missing evidence is neither a reason against the peer nor a pass.
package struct HandshakeEvidence: Sendable, Hashable {
    package enum Certificate: Sendable, Hashable {
        /// Certificates are not used: no further facts will follow.
        case ignored
        /// The peer has had no opportunity to present one since the start, or since its last one ended.
        case awaited
        /// The peer presented one, or completed a handshake without one.
        case received
    }

    /// Whether the peer's claims were received, readable or not.
    package var hasClaims: Bool
    package var certificate: Certificate

    package init(hasClaims: Bool, certificate: Certificate) {
        self.hasClaims = hasClaims
        self.certificate = certificate
    }

    /// The verdict for display. Never `eligible` if there are `strict` reasons.
    ///
    /// - Parameters:
    ///   - strict: the reasons of all rules, where unknown is not a pass. While there are any, packets do not pass.
    ///   - evaluated: the case that they are about.
    ///   - stated: the facts of the peer that the operator stated.
    package func verdict(_ strict: [Reason], of evaluated: Case, stated: Facts) -> Verdict {
        let certain =
            certificate == .awaited && !strict.isEmpty
            ? evaluated.reasonsWithAnyCertificate(stated: stated) : strict
        guard certain.isEmpty else { return .refused(certain) }
        let missing = Set(
            Rules.all.filter { evaluated.policy[$0] == .refuse }.compactMap { name -> Verdict.Need? in
                switch name.rule.evidence {
                case .facts: nil
                case .claims where hasClaims: nil
                // With strict reasons, only a certificate can decide.
                case .certificate where strict.isEmpty: nil
                case .path where !name.rule.isWaiting(in: evaluated): nil
                case .claims, .certificate, .path: name.rule.awaits
                }
            })
        return missing.isEmpty ? Verdict(strict) : .unjudged(missing: Verdict.Need.allCases.filter(missing.contains))
    }
}
