/// The result of one rule for a case, and the policy's reaction.
package struct RuleResult: Sendable, Hashable {
    package enum Finding: String, Sendable, Codable {
        /// The rule passes.
        case clear
        /// The rule fails.
        case objection
        /// The rule's evidence is missing or does not decide.
        case silent
    }

    package let rule: RuleName
    package let reaction: Reaction
    package let finding: Finding
    /// The observation of the path, for display. Nil if there is none yet, or if the rule is not about the path.
    package let observed: String?
    /// The reasons, whatever the reaction. Empty unless `finding` is `objection`.
    package let reasons: [Reason]

    /// The meaning, for display.
    package var meaning: String {
        if reaction == .ignore { return "not evaluated: the policy ignores it" }
        return switch finding {
        case .objection: reasons.first?.code.explanation ?? rule.rule.passText
        case .silent:
            if observed != nil || rule.rule.evidence == .facts {
                "undecided, and the policy does not require a decision"
            } else {
                rule == .routes ? "no topology" : "no evidence yet"
            }
        case .clear: rule.rule.passText
        }
    }
}
