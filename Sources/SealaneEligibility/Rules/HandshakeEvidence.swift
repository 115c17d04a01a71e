/// What handshakes with a peer have brought: whether each rule had what it needs.
///
/// Before a handshake, nothing is known of a peer but what the operator states, and its certificate would override that.
/// What a rule then lacks is no reason against the peer, and no pass either.
public struct HandshakeEvidence: Sendable, Hashable {
    public enum Certificate: Sendable, Hashable {
        /// Certificates are not looked at: what is stated is all there will be.
        case ignored
        /// The peer has had no occasion to show one, or none since the one that it showed has ended.
        case awaited
        /// The peer has shown one, or has shown that it has none.
        case received
    }

    /// Whether the peer's claims were received, readable or not.
    public var hasClaims: Bool
    public var certificate: Certificate

    public init(hasClaims: Bool, certificate: Certificate) {
        self.hasClaims = hasClaims
        self.certificate = certificate
    }

    /// What people are told of a peer. Never `eligible` where there are `strict` reasons.
    ///
    /// - Parameters:
    ///   - strict: what keeps packets from passing: the reasons of all rules, by which unknown is no pass.
    ///   - evaluated: what they are about.
    ///   - stated: what the operator states of the peer.
    public func verdict(_ strict: [Reason], of evaluated: Case, stated: Facts) -> Verdict {
        let certain =
            certificate == .awaited && !strict.isEmpty
            ? evaluated.reasonsWithAnyCertificate(stated: stated) : strict
        guard certain.isEmpty else { return .refused(certain) }
        let missing = Set(
            Rules.all.filter { evaluated.policy[$0] == .refuse }.compactMap { name -> Verdict.Need? in
                switch name.rule.evidence {
                case .facts: nil
                case .claims where hasClaims: nil
                // Only a certificate can settle what is not certain without one.
                case .certificate where strict.isEmpty: nil
                case .path where !name.rule.isWaiting(in: evaluated): nil
                case .claims, .certificate, .path: name.rule.awaits
                }
            })
        return missing.isEmpty ? Verdict(strict) : .unjudged(missing: Verdict.Need.allCases.filter(missing.contains))
    }
}
