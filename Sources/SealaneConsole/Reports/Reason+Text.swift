import SealaneEligibility

extension [Reason] {
    /// Each reason: its code and explanation, then what was observed and required, the source, and the remedy. Parts
    /// that a peer left out for lack of room are missing.
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
