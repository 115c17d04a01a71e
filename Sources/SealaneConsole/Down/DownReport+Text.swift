extension DownReport {
    /// `sealane down`: what was removed, then a line for each way out.
    package func text(_ style: ReportStyle) -> String {
        let removed = [
            deviceRemoved ? "the device with its addresses and routes" : nil,
            filterRemoved == true ? "the overlay filter" : nil,
            prohibitionsRemoved > 0
                ? ReportStyle.count(prohibitionsRemoved, "route") + " that refused packets to peers" : nil,
        ].compactMap(\.self)
        let head =
            removed.isEmpty
            ? "there was nothing of \(interface)" : "removed from \(interface): \(removed.joined(separator: ", "))"
        let routes = Dictionary(grouping: traffic, by: \.way).sorted { $0.key < $1.key }
        let kept = foreignDeviceKept == true ? "; the interface \(interface) is not a TUN device, so it stays" : ""
        return head + kept + "\n"
            + routes.map { way, all in
                let ink: ReportStyle.Ink = all.contains { $0.outcome == .clear } ? .bad : .good
                return "packets to \(Self.names(all.map(\.prefix))) \(style.paint(way, ink))\n"
            }.joined()
    }

    /// `10.78.0.2/32, fd78::2/128 and 7 more prefixes`.
    private static func names(_ prefixes: [String]) -> String {
        let shown = prefixes.prefix(8).joined(separator: ", ")
        return prefixes.count > 8 ? "\(shown) and \(prefixes.count - 8) more prefixes" : shown
    }
}

extension DownReport.Traffic {
    var way: String {
        switch outcome {
        case .refused: "do not leave: this host has no route for them, or a route that refuses them"
        case .clear:
            "leave in the clear" + (interface.map { " by \($0)" } ?? "") + (via.map { " via \($0)" } ?? "")
        }
    }
}
