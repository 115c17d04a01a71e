import SealaneEligibility

extension VerdictReport {
    /// `eligible`, or `refused, 2 reasons`.
    func line(_ style: ReportStyle) -> String {
        eligible
            ? style.paint("eligible", .good)
            : "\(style.paint("refused", .bad)), \(ReportStyle.count(reasons.count, "reason"))"
    }
}

extension [Reason] {
    /// Every reason: its code, then what was observed, required, where that came from, and what would be right.
    func text(_ style: ReportStyle) -> String {
        map { reason in
            var lines = ReportLines(style, indent: 6)
            lines.add("observed", reason.observed)
            lines.add("required", reason.required)
            lines.add("source", reason.source)
            lines.add("remedy", reason.code.remedy)
            return "    \(style.paint(reason.code.rawValue, .bad))\n" + lines.text
        }
        .joined()
    }
}
