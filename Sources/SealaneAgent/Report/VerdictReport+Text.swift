import SealaneEligibility

extension VerdictReport {
    /// `eligible`, `refused, 2 reasons`, or `unjudged, not heard yet: the peer's handshake`.
    func line(_ style: ReportStyle) -> String {
        let word = style.paint(verdict.rawValue, .init(for: verdict))
        return switch verdict {
        case .eligible: word
        case .refused: "\(word), \(ReportStyle.count(reasons.count, "reason"))"
        case .unjudged: "\(word), not heard yet: \((missing ?? []).map(\.description).joined(separator: ", "))"
        }
    }
}

extension VerdictReport {
    /// Every reason of this host.
    ///
    /// - Parameter theirs: what the peer's agent says, which stands before; empty: nothing.
    func text(_ style: ReportStyle, after theirs: String) -> String {
        guard !reasons.isEmpty else { return "" }
        let heading = "  this host \(style.paint("refuses", .bad)) the peer, for "
        return (theirs.isEmpty ? "" : heading + "\(ReportStyle.count(reasons.count, "reason")):\n")
            + reasons.text(style)
    }
}

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
