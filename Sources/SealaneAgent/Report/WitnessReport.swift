import FoundationEssentials
import SealaneEligibility

/// What one witness says of the path to a peer.
public struct WitnessReport: Codable, Sendable, Equatable {
    public var witness: RuleName
    /// require, refuse, warn or ignore: the policy's.
    public var policy: Reaction
    public var finding: RuleResult.Finding
    /// What it saw.
    public var observed: String?
    /// What that means, in a sentence.
    public var meaning: String
    /// What speaks against the path, whatever the policy makes of it. Empty unless `finding` is an objection.
    public var objections: [Reason]
    /// When it was seen last; of routes, when the snapshot was taken.
    public var seenAt: Date?

    public init(_ result: RuleResult, at seenAt: Date?) {
        witness = result.rule
        policy = result.reaction
        finding = result.finding
        observed = result.observed
        meaning = result.meaning
        objections = result.reasons
        self.seenAt = seenAt
    }
}

extension [WitnessReport] {
    /// One line for each witness: what it saw, when, and what that means.
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
