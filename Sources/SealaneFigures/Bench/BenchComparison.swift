/// Compares two reports, from before and after a change: `sealane bench compare`.
package struct BenchComparison: Sendable {
    /// A figure that both reports have.
    package struct Row: Sendable {
        package let before: BenchFigure
        package let after: BenchFigure
        /// The ratio after / before through the tunnel; nil if a rate was 0.
        package let tunnel: RatioEstimate?
        /// The ratio after / before of the ratio tunnel / plain. A change of the network itself cancels out.
        package let share: RatioEstimate?

        package var kind: BenchFigure.Kind { before.kind }

        /// A sentence about the change; nil unless something changed beyond noise.
        fileprivate var change: String? {
            guard let tunnel, tunnel.reading == .differs else { return nil }
            let words = tunnel.words(
                kind, isAtLeast: after.isAtLeast.contains(.tunnel), isBaseAtLeast: before.isAtLeast.contains(.tunnel))
            // (after.tunnel / after.plain) / (before.tunnel / before.plain).
            let beside = share?.words(
                kind, isAtLeast: after.isAtLeast.contains(.tunnel) || before.isAtLeast.contains(.plain),
                isBaseAtLeast: after.isAtLeast.contains(.plain) || before.isAtLeast.contains(.tunnel))
            return "\(kind.title): \(words) through the tunnel; compared with plain: \(beside ?? "unknown")."
        }
    }

    package let before: BenchReport
    package let after: BenchReport
    package let rows: [Row]

    /// The rounds of the two reports are independent, so no pairs are made across reports.
    package init(before: BenchReport, after: BenchReport) {
        self.before = before
        self.after = after
        let later = after.figures
        rows = before.figures.compactMap { figure in
            guard let twin = later.first(where: { $0.kind == figure.kind }) else { return nil }
            let share = twin.estimate.flatMap { twin in figure.estimate.map { twin.change(from: $0) } }
            return Row(
                before: figure, after: twin,
                tunnel: RatioEstimate(
                    independent: twin.tunnel, to: figure.tunnel,
                    resolution: (twin.resolution[.tunnel, default: 0], figure.resolution[.tunnel, default: 0])),
                share: share)
        }
    }

    /// The titles of figures that only one of the reports has.
    package var missing: [String] {
        let common = Set(rows.map(\.kind))
        return (before.figures + after.figures).map(\.kind).filter { !common.contains($0) }.map(\.title)
    }

    /// Differences between the reports other than the speed of the tunnel, as sentences.
    package var differences: [String] {
        var differences: [String] = []
        for (name, one, other) in Self.facts(before, after) where one != other {
            differences.append("\(name): \(one ?? "unknown") before, \(other ?? "unknown") after")
        }
        return differences
    }

    private static func facts(_ before: BenchReport, _ after: BenchReport) -> [(String, String?, String?)] {
        func fact(_ name: String, _ value: (BenchReport) -> String?) -> (String, String?, String?) {
            (name, value(before), value(after))
        }
        func facts(_ end: BenchEnd) -> [(String, String?, String?)] {
            func fact(_ name: String, _ value: (BenchHost) -> String?) -> (String, String?, String?) {
                ("\(end.rawValue)'s \(name)", value(before.host(end)), value(after.host(end)))
            }
            return [
                fact("name", \.name), fact("kernel", \.kernel), fact("processors", \.processorText),
                fact("MTU") { "\($0.mtu)" }, fact("agent") { $0.agent?.version },
                fact("tunnel MTU") { $0.agent.map { "\($0.mtu)" } },
                fact("cipher") { $0.agent.map { "\($0.cipherSuite) by \($0.provider)" } },
                fact("lanes") { $0.agent.map { "\($0.lanes)" } }, fact("offloads") { $0.agent?.offloadText },
            ]
        }
        return facts(.client) + facts(.server) + [
            fact("rounds") { "\($0.method.rounds)" },
            fact("seconds for a transfer") { Digits.significant($0.method.secondsPerTransfer) },
            fact("tool") { $0.method.tool },
            fact("hosts on one machine") { $0.method.sharesMachine ? "yes" : "no" },
            fact("interrupted") { $0.isInterrupted ? "yes" : "no" },
        ]
    }

    /// What changed beyond noise, what did not, and what is unknown, as sentences.
    package var verdict: [String] {
        func titles(_ reading: RatioEstimate.Reading) -> String {
            rows.filter { $0.tunnel?.reading == reading }.map(\.kind.title).joined(separator: "; ")
        }
        let changes = rows.compactMap(\.change)
        let alike = titles(.alike)
        let noisy = titles(.tooNoisy)
        let unknown = rows.filter { $0.tunnel == nil }.map(\.kind.title).joined(separator: "; ")
        let none = alike.isEmpty ? "The data do not show whether anything changed." : "Nothing changed beyond noise."
        return (changes.isEmpty ? [none] : changes)
            + (alike.isEmpty ? [] : ["Within noise: \(alike)."])
            + (noisy.isEmpty ? [] : ["Too noisy to tell: \(noisy)."])
            + (unknown.isEmpty ? [] : ["No rate passed, or nothing was measured, before or after: \(unknown)."])
            + (missing.isEmpty ? [] : ["Only in one of the reports: \(missing.joined(separator: "; "))."])
    }

    var table: Table {
        Table(
            heading: ["through the tunnel", "before", "after", "", "after ÷ before", "compared with plain"],
            rows: rows.map { row in
                [
                    row.kind.title, row.before.medianText(.tunnel), row.after.medianText(.tunnel), row.kind.unit,
                    row.tunnel?.text ?? "–", row.share?.text ?? "–",
                ]
            })
    }

    /// Formats the comparison for a terminal.
    package var text: String {
        var parts = [BenchText.list(verdict)]
        if !differences.isEmpty {
            parts.append("The reports also differ in:\n" + BenchText.list(differences, mark: "!"))
        }
        if !rows.isEmpty { parts.append(BenchText.plain(table)) }
        return BenchText.joined(parts)
    }
}
