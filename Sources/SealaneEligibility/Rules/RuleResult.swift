/// What one rule finds in a case, and what the policy makes of it.
public struct RuleResult: Sendable, Hashable {
    public enum Finding: String, Sendable, Codable {
        /// Nothing speaks against the peer.
        case clear
        case objection
        /// The rule has nothing to judge by yet, or what it has does not tell.
        case silent
    }

    public let rule: RuleName
    public let reaction: Reaction
    public let finding: Finding
    /// What was observed of the path, for people; nil: nothing yet, or the rule is not about the path.
    public let observed: String?
    /// Whatever the policy makes of them. Empty unless `finding` is an objection.
    public let reasons: [Reason]

    /// What it means, in a sentence.
    public var meaning: String {
        if reaction == .ignore { return "not heard: the policy ignores it" }
        return switch finding {
        case .objection: reasons.first?.code.explanation ?? rule.rule.clearance
        case .silent:
            if observed != nil || rule.rule.evidence == .facts {
                "does not know, and the policy does not require it to"
            } else {
                rule == .routes ? "has no topology to speak by" : "has not spoken yet"
            }
        case .clear: rule.rule.clearance
        }
    }
}
