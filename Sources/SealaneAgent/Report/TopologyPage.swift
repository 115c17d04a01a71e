import FoundationEssentials
import SealaneEligibility
import SealaneFleet

/// A snapshot as one HTML page: `sealane topology map --html`. It needs nothing but itself, and no scripts.
public struct TopologyPage {
    /// A table of more is read by nobody, and grows with the square.
    public static var hostLimit: Int { 100 }

    private struct Pair {
        let first: Int
        let second: Int
        let reasons: [Reason]

        /// Of its place on the page.
        var anchor: String { "pair-\(first)-\(second)" }
    }

    private let snapshot: TopologySnapshot
    private let hosts: [Topology.Host]
    /// Each pair once, the first of both before the second.
    private let pairs: [Pair]

    /// Judges every pair of instances. Nil: there are more than `hostLimit`.
    public init?(_ snapshot: TopologySnapshot) {
        self.snapshot = snapshot
        let hosts = snapshot.topology.hosts
        guard hosts.count <= Self.hostLimit else { return nil }
        self.hosts = hosts
        pairs = hosts.indices.flatMap { first in
            hosts.indices.dropFirst(first + 1).map { second in
                Pair(
                    first: first, second: second,
                    reasons: snapshot.topology.judge(hosts[first], hosts[second]).reasons)
            }
        }
    }

    public var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sealane topology</title>
        <style>
        \(Self.style)
        </style>
        </head>
        <body>
        <h1>What would be encrypted</h1>
        <p>\(summary)</p>
        <h2>Instances</h2>
        \(matrix)
        <h2>Why not</h2>
        \(refusals)
        <h2>Networks</h2>
        \(networks)
        </body>
        </html>

        """
    }

    private var summary: String {
        let passing = pairs.count { $0.reasons.isEmpty }
        let place = ([snapshot.account.map { "account \($0)" }].compactMap(\.self) + snapshot.regions).joined(
            separator: ", ")
        return
            "<strong>\(passing) of \(ReportStyle.count(pairs.count, "pair"))</strong> of instances. Snapshot taken at "
            + "\(snapshot.takenAt.formatted(.iso8601))\(place.isEmpty ? "" : " of \(place.escaped)"). "
            + "✓ encrypted, ✗ not; each ✗ leads to its reasons."
    }

    private var matrix: String {
        var cells: [[String]] = hosts.map { _ in hosts.map { _ in "<td class=\"self\"></td>" } }
        for pair in pairs {
            let codes = pair.reasons.map(\.code.rawValue).uniqued.joined(separator: ", ")
            let names = "\(hosts[pair.first].instance.id), \(hosts[pair.second].instance.id)".escaped
            let cell =
                pair.reasons.isEmpty
                ? "<td class=\"yes\" title=\"\(names)\">✓</td>"
                : "<td class=\"no\" title=\"\(names): \(codes)\"><a href=\"#\(pair.anchor)\">✗</a></td>"
            cells[pair.first][pair.second] = cell
            cells[pair.second][pair.first] = cell
        }
        let heads = hosts.indices.map { "<th scope=\"col\">\($0 + 1)</th>" }.joined()
        let rows = hosts.enumerated().map { index, host in
            let type = (host.instance.type ?? "type unknown").escaped
            return "<tr><th scope=\"row\">\(index + 1) <code>\(host.instance.id.escaped)</code> <small>\(type), "
                + "\(host.interface.subnet.escaped)</small></th>\(cells[index].joined())</tr>"
        }
        return "<div class=\"wide\"><table class=\"matrix\"><thead><tr><th></th>\(heads)</tr></thead><tbody>\n"
            + rows.joined(separator: "\n") + "\n</tbody></table></div>"
    }

    private var refusals: String {
        let refused = pairs.filter { !$0.reasons.isEmpty }
        guard !refused.isEmpty else { return "<p>Every pair would be encrypted.</p>" }
        return refused.map { pair in
            let reasons = pair.reasons.map { reason in
                "<li><b>\(reason.code)</b> \(reason.observed.escaped) <small>required: \(reason.required.escaped)</small></li>"
            }
            return "<section id=\"\(pair.anchor)\"><h3><code>\(hosts[pair.first].instance.id.escaped)</code> and "
                + "<code>\(hosts[pair.second].instance.id.escaped)</code></h3><ul>\(reasons.joined())</ul></section>"
        }
        .joined(separator: "\n")
    }

    private var networks: String {
        snapshot.topology.vpcs.values.sorted { $0.id < $1.id }.map { vpc in
            let cidrs = vpc.cidrs.map(\.description).joined(separator: ", ")
            return "<section class=\"vpc\"><h3><code>\(vpc.id.escaped)</code> <small>\(vpc.region.escaped), "
                + "\(cidrs)</small></h3>\n\(subnets(of: vpc.id))</section>"
        }
        .joined(separator: "\n")
    }

    private func subnets(of vpc: String) -> String {
        let subnets = snapshot.topology.subnets.values.filter { $0.vpc == vpc }.sorted { $0.id < $1.id }
        guard !subnets.isEmpty else { return "<p>no subnets known</p>" }
        let rows = subnets.map { subnet in
            let inside = hosts.filter { $0.interface.subnet == subnet.id }.map { host in
                let address = host.ends.first.map { " \($0.address)" } ?? ""
                return "<li><code>\(host.instance.id.escaped)</code>\(address)</li>"
            }
            let cidrs = subnet.cidrs.map(\.description).joined(separator: ", ")
            return
                "<tr><td><code>\(subnet.id.escaped)</code><br><small>\(cidrs)</small></td><td><ul>\(inside.joined())</ul>"
                + "</td><td>\(routes(of: subnet))</td></tr>"
        }
        return
            "<table><thead><tr><th scope=\"col\">subnet</th><th scope=\"col\">instances</th><th scope=\"col\">routes</th>"
            + "</tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"
    }

    private func routes(of subnet: Topology.Subnet) -> String {
        guard case .table(let table, let isMain) = snapshot.topology.tableOf(subnet: subnet.id, vpc: subnet.vpc) else {
            return "not known"
        }
        let routes = table.routes.map { route in
            let state = route.state == "active" ? "" : " (\(route.state.escaped))"
            return
                "<li>\(route.destination.description.escaped) → <code>\(route.target.description.escaped)</code>\(state)</li>"
        }
        return "<code>\(table.id.escaped)</code>\(isMain ? " (main)" : "")<ul>\(routes.joined())</ul>"
    }

    private static let style = """
        :root { color-scheme: light dark; --line: #8886; --yes: #2e8b57; --no: #c0392b; }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
        h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
        small { opacity: .75; font-weight: normal; } code { font-size: .95em; }
        table { border-collapse: collapse; } th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left;
          vertical-align: top; } ul { margin: 0; padding-left: 1.1rem; } td ul { list-style: none; padding: 0; }
        .wide { overflow-x: auto; } .matrix td, .matrix thead th { text-align: center; min-width: 1.2rem; }
        .matrix th[scope=row] { white-space: nowrap; font-weight: normal; }
        .yes { background: color-mix(in srgb, var(--yes) 25%, transparent); color: var(--yes); font-weight: bold; }
        .no { background: color-mix(in srgb, var(--no) 18%, transparent); } .no a { color: var(--no); font-weight: bold;
          text-decoration: none; display: block; } .self { background: var(--line); }
        .vpc { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0; overflow-x: auto; }
        .vpc table { width: 100%; } :target { outline: 2px solid var(--no); outline-offset: .4rem; }
        """
}

extension String {
    /// Safe as text and in attributes (HTML Standard, section 13.3).
    fileprivate var escaped: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
            "\"", with: "&quot;")
    }
}

extension [String] {
    /// Each once, in the order of their first places.
    fileprivate var uniqued: [String] {
        enumerated().filter { !self[..<$0.offset].contains($0.element) }.map(\.element)
    }
}
