/// What was heard of a peer: whether each rule had what it needs.
///
/// Before a handshake, nothing is known of a peer but what the operator states, and its certificate would override that.
/// What a rule then lacks is no reason against the peer, and no pass either.
public struct Hearing: Sendable, Hashable {
    public enum Certificate: Sendable, Hashable {
        /// Certificates are not looked at: what is stated is all there will be.
        case ignored
        /// The peer has had no occasion to show one, or none since the one that it showed has ended.
        case awaited
        /// The peer has shown one, or has shown that it has none.
        case heard
    }

    /// Whether the peer's statement was heard in a handshake.
    public var hasStatement: Bool
    public var certificate: Certificate

    public init(hasStatement: Bool, certificate: Certificate) {
        self.hasStatement = hasStatement
        self.certificate = certificate
    }

    /// What people are told of a peer. Never `eligible` where `strict` is not.
    ///
    /// - Parameters:
    ///   - strict: the verdict that decides whether packets pass: of all rules and of the path, where unknown is a reason.
    ///   - stated: what the operator states of the peer.
    ///   - statement: what the peer says of itself.
    public func verdict(
        _ strict: Verdict, local: LocalFacts, stated: Facts, statement: Statement?, path: PathEvidence, policy: Policy
    ) -> Verdict {
        let certain =
            certificate == .awaited && !strict.isEligible
            ? Self.certain(local, stated, statement, policy).afterHearing(path, policy.path) : strict
        guard certain.reasons.isEmpty else { return certain }
        var missing: [Verdict.Need] = hasStatement ? [] : [.statement]
        // What only a certificate can settle.
        if !strict.reasons.isEmpty { missing.append(.certificate) }
        missing += PathTestimony.all(of: path, policy.path).compactMap(\.need)
        return missing.isEmpty ? strict : .unjudged(missing: missing)
    }

    /// What holds whatever certificate the peer shows.
    private static func certain(
        _ local: LocalFacts, _ stated: Facts, _ statement: Statement?, _ policy: Policy
    ) -> Verdict {
        // The certificate's facts take the place of those that are stated.
        if policy.requiresCertificate { return judge(local: local, policy: policy) }
        var lenient = policy
        lenient.leastProvenance = [:]
        let reasons = judge(local: local, peer: PeerFacts(stated: stated), statement: statement, policy: lenient)
            .reasons.filter { !$0.isUnknownFact(of: .peer) }
        return reasons.isEmpty ? .eligible : .refused(reasons)
    }
}
