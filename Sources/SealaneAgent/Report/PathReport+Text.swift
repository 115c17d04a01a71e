import SealaneEligibility

extension PathReport {
    /// `sealane topology path`.
    public func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("from", from.text)
        lines.add("to", to.text)
        lines.add("there", there?.text)
        lines.add("back", back?.text)
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

extension PathReport.Direction {
    /// `10.0.0.0/16 by local, in rtb-0a (main)`.
    fileprivate var text: String {
        if let withinSubnet { return "within \(withinSubnet): no route table is consulted" }
        guard let routeTable else { return "not known" }
        let table = "in \(routeTable)\(isMainTable == true ? " (main)" : "")"
        guard !routes.isEmpty else { return "no route \(table)" }
        return routes.map { "\($0.destination) by \($0.target)" }.joined(separator: " or ") + ", \(table)"
    }
}
