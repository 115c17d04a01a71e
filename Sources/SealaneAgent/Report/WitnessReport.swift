import FoundationEssentials
import SealaneEligibility

/// What one witness says of the path to a peer.
public struct WitnessReport: Codable, Sendable, Equatable {
    public enum Finding: String, Codable, Sendable {
        /// Nothing speaks against the path.
        case clear
        case objection
        /// It has not spoken yet.
        case silent
    }

    public var witness: PathWitness
    /// refuse, warn or ignore: the policy's.
    public var policy: WitnessReaction
    public var finding: Finding
    /// What it saw.
    public var observed: String?
    /// What that means, in a sentence.
    public var meaning: String
    /// What speaks against the path, whatever the policy makes of it.
    public var objection: Reason?
    /// When it was seen last.
    public var seenAt: Date?

    public init(_ testimony: PathTestimony, at seenAt: Date?) {
        witness = testimony.witness
        policy = testimony.reaction
        finding = testimony.observed == nil ? .silent : testimony.objection == nil ? .clear : .objection
        observed = testimony.observed
        meaning = testimony.meaning
        objection = testimony.objection
        self.seenAt = seenAt
    }
}

extension [WitnessReport] {
    /// One line for each witness: what it saw, when, and what that means.
    func text(_ style: ReportStyle) -> String {
        guard !isEmpty else { return "" }
        var lines = ReportLines(style, indent: 4)
        for report in self {
            let seen = [report.objection?.observed ?? report.observed, report.seenAt.map { style.ago($0) }]
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
        case .refuse: style.paint(meaning, .bad)
        case .warn: style.paint(meaning, .warning) + " (the policy only warns)"
        case .ignore: meaning
        }
    }
}
