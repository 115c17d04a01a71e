import FoundationEssentials
import SealaneControl
import SealaneEligibility

extension [WitnessReport] {
    /// One line for each witness: the observation, its time, and its meaning.
    func text(_ style: ReportStyle) -> String {
        guard !isEmpty else { return "" }
        var lines = ReportLines(style, indent: 4)
        for report in self {
            let objected = report.objections.map(\.observed).joined(separator: "; ")
            let seen = [objected.isEmpty ? report.observed : objected, report.seenAt.map { style.ago($0) }]
                .compactMap(\.self).joined(separator: ", ")
            lines.add(report.witness.rawValue, (seen.isEmpty ? "" : seen + ": ") + report.text(style))
        }
        return "  path\n" + lines.text
    }
}

extension WitnessReport {
    fileprivate func text(_ style: ReportStyle) -> String {
        guard finding == .objection else { return meaning }
        return switch policy {
        case .require, .refuse: style.paint(meaning, .bad)
        case .warn: style.paint(meaning, .warning) + " (the policy only warns)"
        case .ignore: meaning
        }
    }
}
