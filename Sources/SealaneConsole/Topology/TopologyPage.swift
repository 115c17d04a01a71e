import FoundationEssentials
import SealaneEligibility
import SealaneFigures
import SealaneFleet

/// A snapshot as one HTML page: `sealane topology map --html`.
package struct TopologyPage {
    /// The most instances. The table has a cell for every pair, and nobody reads a larger one.
    package static var hostLimit: Int { 250 }

    private let snapshot: TopologySnapshot
    private let hosts: [Topology.Host]
    private let refusals: [Refusal]
    /// The index of each pair's refusal, by the indices of both hosts in either order; nil: the pair would be
    /// encrypted.
    private let refusalOfPair: [[Int?]]

    /// Judges every pair of instances. Nil: there are more than `hostLimit` instances.
    package init?(_ snapshot: TopologySnapshot) {
        let hosts = snapshot.topology.hosts
        guard hosts.count <= Self.hostLimit else { return nil }
        var refusals = Refusals(of: hosts)
        var refusalOfPair = hosts.map { _ in hosts.map { _ in Int?.none } }
        for first in hosts.indices {
            for second in hosts.indices.dropFirst(first + 1) {
                let reasons = snapshot.topology.verdict(between: hosts[first], and: hosts[second]).reasons
                guard !reasons.isEmpty else { continue }
                let place = refusals.add(first, second, reasons)
                refusalOfPair[first][second] = place
                refusalOfPair[second][first] = place
            }
        }
        self.snapshot = snapshot
        self.hosts = hosts
        self.refusals = refusals.all
        self.refusalOfPair = refusalOfPair
    }

    package var html: String {
        HTMLPage(
            title: "Sealane topology", style: Self.style,
            body: """
                <h1>What would be encrypted</h1>
                <p>\(summary)</p>
                <h2>Instances</h2>
                \(matrix)
                <h2>Why not</h2>
                \(refusalSections)
                <h2>Networks</h2>
                \(networks)
                """
        ).text
    }

    private var summary: String {
        let count = hosts.count * (hosts.count - 1) / 2
        let passing = count - refusals.reduce(0) { $0 + $1.pairs.count }
        let place = ([snapshot.account.map { "account \($0)" }].compactMap(\.self) + snapshot.regions).joined(
            separator: ", ")
        return
            "<strong>\(passing) of \(ReportStyle.count(count, "pair"))</strong> of instances, as of "
            + "\(snapshot.takenAt.formatted(.iso8601)), when the snapshot\(place.isEmpty ? "" : " of \(place.escapedForMarkup)") "
            + "was taken. ✓ encrypted, ✗ not; each ✗ leads to its reasons."
    }

    private var matrix: String {
        let cells = refusals.map { refusal in
            let codes = refusal.reasons.map(\.code.rawValue).uniqued.joined(separator: ", ")
            return "<td class=\"no\"><a href=\"#\(refusal.anchor)\" title=\"\(codes)\">✗</a></td>"
        }
        let heads = hosts.indices.map { "<th scope=\"col\">\($0 + 1)</th>" }.joined()
        let rows = hosts.enumerated().map { index, host in
            let type = (host.instance.type ?? "type unknown").escapedForMarkup
            let row = hosts.indices.map { other in
                other == index
                    ? "<td class=\"self\"></td>"
                    : refusalOfPair[index][other].map { cells[$0] } ?? "<td class=\"yes\">✓</td>"
            }
            return "<tr><th scope=\"row\">\(index + 1) <code>\(host.instance.id.escapedForMarkup)</code> "
                + "<small>\(type), \(host.interface.subnet.escapedForMarkup)</small></th>\(row.joined())</tr>"
        }
        return "<div class=\"wide\" tabindex=\"0\"><table class=\"matrix\">"
            + "<thead><tr><td></td>\(heads)</tr></thead><tbody>\n" + rows.joined(separator: "\n")
            + "\n</tbody></table></div>"
    }

    private var refusalSections: String {
        guard hosts.count > 1 else { return "<p>There are no two instances.</p>" }
        guard !refusals.isEmpty else { return "<p>Every pair would be encrypted.</p>" }
        return refusals.map { refusal in
            let reasons = refusal.reasons.map { reason in
                "<li><b>\(reason.code)</b> \(reason.observed.escapedForMarkup) <small>required: \(reason.required.escapedForMarkup)</small></li>"
            }
            return "<section id=\"\(refusal.anchor)\">\(heading(of: refusal))<ul>\(reasons.joined())</ul></section>"
        }
        .joined(separator: "\n")
    }

    private func heading(of refusal: Refusal) -> String {
        let pair = [hosts[refusal.pairs[0].first], hosts[refusal.pairs[0].second]]
        func names(_ of: (Topology.Host) -> String) -> String {
            pair.map(of).uniqued.map { "<code>\($0.escapedForMarkup)</code>" }.joined(separator: " and ")
        }
        guard refusal.pairs.count > 1 else { return "<h3>\(names(\.instance.id))</h3>" }
        return "<h3>\(names(\.interface.subnet)) <small>\(refusal.pairs.count) pairs: \(refusal.numbers)</small></h3>"
    }

    private var networks: String {
        snapshot.topology.vpcs.values.sorted { $0.id < $1.id }.map { vpc in
            let cidrs = vpc.cidrs.map(\.description).joined(separator: ", ")
            return "<section class=\"vpc\"><h3><code>\(vpc.id.escapedForMarkup)</code> "
                + "<small>\(vpc.region.escapedForMarkup), \(cidrs)</small></h3>\n\(subnets(of: vpc.id))</section>"
        }
        .joined(separator: "\n")
    }

    private func subnets(of vpc: String) -> String {
        let subnets = snapshot.topology.subnets.values.filter { $0.vpc == vpc }.sorted { $0.id < $1.id }
        guard !subnets.isEmpty else { return "<p>no subnets known</p>" }
        let rows = subnets.map { subnet in
            let inside = hosts.filter { $0.interface.subnet == subnet.id }.map { host in
                let address = host.ends.first.map { " \($0.address)" } ?? ""
                return "<li><code>\(host.instance.id.escapedForMarkup)</code>\(address)</li>"
            }
            let cidrs = subnet.cidrs.map(\.description).joined(separator: ", ")
            return
                "<tr><td><code>\(subnet.id.escapedForMarkup)</code><br/><small>\(cidrs)</small></td><td><ul>\(inside.joined())</ul>"
                + "</td><td>\(routes(of: subnet))</td></tr>"
        }
        return
            "<table><thead><tr><th scope=\"col\">subnet</th><th scope=\"col\">instances</th><th scope=\"col\">routes</th>"
            + "</tr></thead><tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table>"
    }

    private func routes(of subnet: Topology.Subnet) -> String {
        guard case .table(let table, let isMain) = snapshot.topology.routeTable(ofSubnet: subnet.id, vpc: subnet.vpc)
        else {
            return "not known"
        }
        let routes = table.routes.map { route in
            let state = route.state == "active" ? "" : " (\(route.state.escapedForMarkup))"
            return
                "<li>\(route.destination.description.escapedForMarkup) → <code>\(route.target.description.escapedForMarkup)</code>\(state)</li>"
        }
        return "<code>\(table.id.escapedForMarkup)</code>\(isMain ? " (main)" : "")<ul>\(routes.joined())</ul>"
    }

    private static let style = """
        :root { color-scheme: light dark; --line: #8886; --yes: #17663a; --no: #a8231a; }
        @media (prefers-color-scheme: dark) { :root { --yes: #7fd6a4; --no: #ff9d92; } }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
        h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin: 1.2rem 0 .3rem; font-size: 1rem; }
        small { opacity: .75; font-weight: normal; } code { font-size: .95em; } li, code { overflow-wrap: anywhere; }
        table { border-collapse: separate; border-spacing: 0; border: solid var(--line); border-width: 1px 0 0 1px; }
        th, td { border: solid var(--line); border-width: 0 1px 1px 0; padding: .25rem .5rem; text-align: left;
          vertical-align: top; } ul { margin: 0; padding-left: 1.1rem; } td ul { list-style: none; padding: 0; }
        .wide { overflow: auto; max-height: 90vh; width: fit-content; max-width: 100%; }
        .matrix td, .matrix thead th { text-align: center; min-width: 1.2rem; padding: .2rem .3rem; }
        .matrix th[scope=row] { white-space: nowrap; font-weight: normal; } .matrix th, thead td { background: Canvas; }
        .matrix thead th, .matrix thead td { position: sticky; top: 0; z-index: 1; }
        .yes { background: color-mix(in srgb, var(--yes) 14%, Canvas); color: var(--yes); font-weight: bold; }
        .no { background: color-mix(in srgb, var(--no) 14%, Canvas); } .no a { color: var(--no); font-weight: bold;
          text-decoration: none; display: block; } .self { background: var(--line); }
        .vpc { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem 1rem; margin: 1rem 0; overflow-x: auto; }
        .vpc table { width: 100%; } :target { outline: 2px solid var(--no); outline-offset: .4rem; }
        .matrix th[scope=row], .matrix thead td { position: sticky; left: 0; z-index: 1; } .matrix thead td { z-index: 2; }
        @media (max-width: 50rem) { .matrix th[scope=row] { white-space: normal; min-width: 10.5rem; font-size: .8em; } }
        @page { size: landscape; }
        @media print { .matrix { font-size: 7px; } .matrix td, .matrix thead th { min-width: 0; padding: 0 1px; }
          .matrix th, .matrix thead td { position: static; } .wide { overflow: visible; max-height: none; }
          .vpc, section { break-inside: avoid; } }
        """
}

extension [String] {
    /// Each element once, in the order of first occurrence.
    fileprivate var uniqued: [String] {
        enumerated().filter { !self[..<$0.offset].contains($0.element) }.map(\.element)
    }
}
