/// What the rules judge: all that is known at one moment of this host, a peer and the path between them, and the policy.
///
/// Evaluation is a pure function: equal cases give equal reasons, in the order of the rules.
public struct Case: Sendable {
    public let local: LocalFacts
    /// nil: no peer in particular.
    public let peer: PeerFacts?
    /// What the peer claims of itself in the handshake; nil before one. A claim never makes an unknown fact known: it can only
    /// contradict a known one, or name addresses that are not the peer's. What it leaves out, it does not contradict.
    public let claims: Claims?
    public let path: PathEvidence
    public let policy: Policy
    /// Whether what is unknown of the peer is no reason against it.
    private let excusesUnknownOfPeer: Bool

    public init(
        local: LocalFacts, peer: PeerFacts, claims: Claims? = nil, path: PathEvidence = PathEvidence(), policy: Policy
    ) {
        // What is wrong with the certificate says already why its facts are not known, and what to do.
        self.init(local, peer, claims, path, policy, excusesUnknownOfPeer: peer.lacksCertificate(policy))
    }

    /// What holds whoever the peer is.
    public init(local: LocalFacts, policy: Policy) {
        self.init(local, nil, nil, PathEvidence(), policy, excusesUnknownOfPeer: true)
    }

    private init(
        _ local: LocalFacts, _ peer: PeerFacts?, _ claims: Claims?, _ path: PathEvidence, _ policy: Policy,
        excusesUnknownOfPeer: Bool
    ) {
        self.local = local
        self.peer = peer
        self.claims = claims
        self.path = path
        self.policy = policy
        self.excusesUnknownOfPeer = excusesUnknownOfPeer
    }

    /// Eligible unless a rule that refuses has a reason.
    public var verdict: Verdict { Verdict(reasons()) }

    /// The reasons of those `rules` by which the policy refuses.
    public func reasons(by rules: [RuleName] = Rules.all) -> [Reason] {
        rules.filter { policy[$0].refuses }.flatMap { findings(of: $0) }
    }

    /// What each of `rules` finds, whatever the policy makes of it.
    public func results(of rules: [RuleName] = Rules.all) -> [RuleResult] {
        rules.map { name in
            let found = findings(of: name)
            return RuleResult(
                rule: name, reaction: policy[name],
                finding: !found.isEmpty ? .objection : name.rule.isWaiting(in: self) ? .silent : .clear,
                observed: name.rule.observation(in: self), reasons: found)
        }
    }

    /// What those rules find by which the policy only warns. Without those that find nothing.
    public var warnings: [RuleResult] {
        results(of: Rules.all.filter { policy[$0] == .warn }).filter { !$0.reasons.isEmpty }
    }

    /// The reasons that remain whatever certificate the peer shows: its facts take the place of those that are `stated`.
    func reasonsWithAnyCertificate(stated: Facts) -> [Reason] {
        let ofHosts: [Reason]
        if policy.requiresCertificate {
            ofHosts = Case(local: local, policy: policy).reasons()
        } else {
            let lenient = Case(local, PeerFacts(stated: stated), claims, path, policy, excusesUnknownOfPeer: true)
            ofHosts = lenient.reasons(by: Rules.ofHosts.filter { $0.rule.evidence != .certificate })
        }
        return ofHosts + reasons(by: Rules.ofPath)
    }

    func facts(of side: Side) -> Facts? {
        switch side {
        case .local: local.facts
        case .peer: peer?.facts
        }
    }

    /// Those of `names` that are not known of one end.
    func unknown(_ names: [FactName], of side: Side) -> [FactName] {
        guard let facts = facts(of: side) else { return names }
        return names.filter { facts.known($0) == nil }
    }

    /// The reason that a fact is unknown, unless it is excused.
    func unknownReasons(_ fact: String, of side: Side) -> [Reason] {
        side == .peer && excusesUnknownOfPeer ? [] : [unknownFact(fact, of: side)]
    }

    private func findings(of name: RuleName) -> [Reason] {
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
                // A rule that can require to know refuses only then by what it does not know.
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

/// The one form of the reason that a fact is unknown.
func unknownFact(_ fact: String, of side: Side) -> Reason {
    Reason(
        code: .factsUnknown, observed: "\(side.rawValue) \(fact) unknown",
        required: "the \(fact) of the \(side == .local ? "local instance" : "peer")", source: "\(side.rawValue) facts")
}

/// Of two facts that are compared, where both are from.
func sources(_ local: Fact<String>, _ peer: Fact<String>) -> String {
    local.provenance == peer.provenance
        ? "both \(local.provenance)" : "local \(local.provenance), peer \(peer.provenance)"
}
