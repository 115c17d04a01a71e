import SealaneEligibility

extension PathReport {
    /// `sealane topology path`.
    package func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("from", from.text)
        lines.add("to", to.text)
        lines.add("there", there?.summary)
        lines.add("back", back?.summary)
        let place = ([account.map { "account \($0)" }].compactMap(\.self) + regions).joined(separator: ", ")
        lines.add("snapshot", "taken \(style.ago(snapshotTakenAt))" + (place.isEmpty ? "" : " of \(place)"))
        let verdict =
            verdict.eligible
            ? style.paint("no device on the path", .good)
            : verdict.line(style)
        return "\(style.paint("\(from.name) and \(to.name)", .strong))  \(verdict)\n" + lines.text
            + self.verdict.reasons.text(style)
    }
}

extension PathReport.End {
    fileprivate var name: String { instance ?? interface ?? address }

    fileprivate var text: String {
        guard let interface, let subnet, let vpc else { return "\(address), which no known interface has" }
        return "\(address), \(interface) in \(subnet), \(vpc)"
    }
}
