import SealaneControl
import SealaneEligibility

extension [RuleReport] {
    /// One line for each rule: the reasons against the peer, and that the policy ignores them or only warns.
    func text(_ style: ReportStyle) -> String {
        guard !isEmpty else { return "" }
        var lines = ReportLines(style, indent: 4)
        for report in self {
            let observed = report.reasons.map { "\($0.code), \($0.observed)" }.joined(separator: "; ")
            let against = observed.isEmpty ? "" : observed + ": "
            let policy = report.policy == .ignore ? "ignored by policy" : "the policy only warns"
            lines.add(report.rule.rawValue, against + style.paint(policy, .warning))
        }
        return "  rules\n" + lines.text
    }
}
