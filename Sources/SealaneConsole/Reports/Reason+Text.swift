import SealaneEligibility

extension [Reason] {
    /// Every reason: its code and what that means, then what was observed and required, where that came from, and what
    /// would be right. Parts that a peer left out for room are left out.
    func text(_ style: ReportStyle) -> String {
        map { reason in
            var lines = ReportLines(style, indent: 6)
            lines.add("observed", reason.observed.isEmpty ? nil : reason.observed)
            lines.add("required", reason.required.isEmpty ? nil : reason.required)
            lines.add("source", reason.source.isEmpty ? nil : reason.source)
            lines.add("remedy", reason.code.remedy)
            return "    \(style.paint(reason.code.rawValue, .bad))  \(reason.code.explanation)\n" + lines.text
        }
        .joined()
    }
}
