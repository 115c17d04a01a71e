/// An eligibility rule: its subject, the facts it needs, and its evaluation.
///
/// A rule only finds reasons. The policy's reaction decides what they do to a peer; `Case` finds unknown facts.
package protocol Rule: Sendable {
    /// The codes of its reasons, besides `facts-unknown` for the facts it needs.
    var codes: [ReasonCode] { get }
    /// The facts of each end that it cannot be evaluated without.
    var needs: [FactName] { get }
    var evidence: RuleEvidence { get }
    /// What must have been received or observed before it can pass. Nil if it can be evaluated at any time.
    var awaits: Verdict.Need? { get }
    /// The reactions that the policy may choose.
    var reactions: [Reaction] { get }
    /// The reaction unless the policy chooses another.
    var defaultReaction: Reaction { get }
    /// When the rule has a reason: a phrase that begins with "when".
    var trigger: String { get }
    /// What is true if the rule passes: a short clause.
    var passText: String { get }

    /// Evaluates one end. All facts that the rule needs are known for this end.
    func evaluate(_ side: Side, in evaluated: Case) -> [Reason]
    /// Evaluates the two ends together and the path between them. All facts that the rule needs are known for both
    /// ends.
    func evaluate(_ evaluated: Case) -> [Reason]
    /// Whether its evidence is still missing.
    func isWaiting(in evaluated: Case) -> Bool
    /// The observation of the path, for display. Nil if there is none yet, or if the rule is not about the path.
    func observation(in evaluated: Case) -> String?
}

extension Rule {
    package var needs: [FactName] { [] }
    package var evidence: RuleEvidence { .facts }
    package var reactions: [Reaction] { [.refuse, .warn, .ignore] }
    package var defaultReaction: Reaction { .refuse }

    package var awaits: Verdict.Need? {
        switch evidence {
        case .facts, .path: nil
        case .claims: .claims
        case .certificate: .certificate
        }
    }

    package func evaluate(_ side: Side, in evaluated: Case) -> [Reason] { [] }
    package func evaluate(_ evaluated: Case) -> [Reason] { [] }
    package func observation(in evaluated: Case) -> String? { nil }

    package func isWaiting(in evaluated: Case) -> Bool {
        switch evidence {
        case .facts: Side.allCases.contains { !evaluated.unknown(needs, of: $0).isEmpty }
        case .claims: evaluated.claims == nil
        case .certificate: evaluated.peer?.certificate == PeerFacts.Certificate.none
        case .path: observation(in: evaluated) == nil
        }
    }
}
