/// What the rules evaluate: everything known at one moment about this host, a peer and the path between them, and the
/// policy.
///
/// Evaluation is a pure function: equal cases give equal reasons, in the order of the rules.
package struct Case: Sendable {
    package let local: LocalFacts
    /// Nil for an evaluation without a peer.
    package let peer: PeerFacts?
    /// The peer's claims in the handshake; nil before a handshake. A claim never makes an unknown fact known. It can
    /// only contradict a known fact, or contain addresses that are not the peer's. Omitting a fact contradicts nothing.
    package let claims: Claims?
    package let path: PathEvidence
    package let policy: Policy
    /// Whether unknown facts of the peer are not reasons to refuse it.
    private let excusesUnknownPeerFacts: Bool

    package init(
        local: LocalFacts, peer: PeerFacts, claims: Claims? = nil, path: PathEvidence = PathEvidence(), policy: Policy
    ) {
        // If the certificate is missing or refused, its own reasons explain why facts are unknown.
        self.init(local, peer, claims, path, policy, excusesUnknownPeerFacts: peer.lacksCertificate(policy))
    }

    /// A case without a peer: only what is known about this host.
    package init(local: LocalFacts, policy: Policy) {
        self.init(local, nil, nil, PathEvidence(), policy, excusesUnknownPeerFacts: true)
    }

    private init(
        _ local: LocalFacts, _ peer: PeerFacts?, _ claims: Claims?, _ path: PathEvidence, _ policy: Policy,
        excusesUnknownPeerFacts: Bool
    ) {
        self.local = local
        self.peer = peer
        self.claims = claims
        self.path = path
        self.policy = policy
        self.excusesUnknownPeerFacts = excusesUnknownPeerFacts
    }

    /// Eligible unless a rule whose reaction refuses has a reason.
    package var verdict: Verdict { Verdict(reasons()) }

    /// The reasons of those `rules` whose reaction refuses.
    package func reasons(by rules: [RuleName] = Rules.all) -> [Reason] {
        rules.filter { policy[$0].refuses }.flatMap { reasonsFound(by: $0) }
    }

    /// The result of each of `rules`, whatever its reaction.
    package func results(of rules: [RuleName] = Rules.all) -> [RuleResult] {
        rules.map { name in
            let found = reasonsFound(by: name)
            return RuleResult(
                rule: name, reaction: policy[name],
                finding: !found.isEmpty ? .objection : name.rule.isWaiting(in: self) ? .silent : .clear,
                observed: name.rule.observation(in: self), reasons: found)
        }
    }

    /// The results with reasons of rules whose reaction is `warn`.
    package var warnings: [RuleResult] {
        results(of: Rules.all.filter { policy[$0] == .warn }).filter { !$0.reasons.isEmpty }
    }

    /// The reasons that no certificate of the peer could remove: its facts would override the `stated` ones.
    func reasonsWithAnyCertificate(stated: Facts) -> [Reason] {
        let hostReasons: [Reason]
        if policy.requiresCertificate {
            hostReasons = Case(local: local, policy: policy).reasons()
        } else {
            let lenient = Case(local, PeerFacts(stated: stated), claims, path, policy, excusesUnknownPeerFacts: true)
            hostReasons = lenient.reasons(by: Rules.ofHosts.filter { $0.rule.evidence != .certificate })
        }
        return hostReasons + reasons(by: Rules.ofPath)
    }

    func facts(of side: Side) -> Facts? {
        switch side {
        case .local: local.facts
        case .peer: peer?.facts
        }
    }

    /// The facts among `names` that are unknown for one end.
    func unknown(_ names: [FactName], of side: Side) -> [FactName] {
        guard let facts = facts(of: side) else { return names }
        return names.filter { facts.known($0) == nil }
    }

    /// The reason for an unknown fact; empty if unknown facts of this end are excused.
    func unknownReasons(_ fact: String, of side: Side) -> [Reason] {
        side == .peer && excusesUnknownPeerFacts ? [] : [unknownFact(fact, of: side)]
    }

    private func reasonsFound(by name: RuleName) -> [Reason] {
        let rule = name.rule
        var reasons: [Reason] = []
        var isComplete = true
        for side in Side.allCases {
            guard facts(of: side) != nil else {
                isComplete = false
                continue
            }
            let unknown = unknown(rule.needs, of: side)
            guard unknown.isEmpty else {
                isComplete = false
                // A rule that has the reaction `require` refuses for unknown facts only with that reaction.
                if policy.mustKnowFacts(of: name) {
                    reasons += unknown.flatMap { unknownReasons($0.rawValue, of: side) }
                }
                continue
            }
            reasons += rule.evaluate(side, in: self)
        }
        return isComplete ? reasons + rule.evaluate(self) : reasons
    }
}

/// The reason for an unknown fact.
func unknownFact(_ fact: String, of side: Side) -> Reason {
    Reason(
        code: .factsUnknown, observed: "\(side.rawValue) \(fact) unknown",
        required: "the \(fact) of the \(side == .local ? "local instance" : "peer")", source: "\(side.rawValue) facts")
}

/// The sources of two compared facts.
func sources(_ local: Fact<String>, _ peer: Fact<String>) -> String {
    local.provenance == peer.provenance
        ? "both \(local.provenance)" : "local \(local.provenance), peer \(peer.provenance)"
}
