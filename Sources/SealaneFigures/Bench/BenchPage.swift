import FoundationEssentials

/// A report as one HTML page, the verdict first: `sealane bench run --html`. The page follows the reader's light or
/// dark theme and is light on paper.
package struct BenchPage {
    private let report: BenchReport

    package init(_ report: BenchReport) {
        self.report = report
    }

    package var html: String {
        let names = "\(report.client.name) and \(report.server.name)"
        return HTMLPage(
            title: "What the tunnel costs: \(names)", style: Self.style,
            body: [
                "<header><h1>What the tunnel costs</h1>",
                "<p>Between <strong>\(report.client.name.escapedForMarkup)</strong> (client) and "
                    + "<strong>\(report.server.name.escapedForMarkup)</strong> (server), measured "
                    + "\(report.startedAt.formatted(.iso8601)) by <code>sealane bench run</code>.</p></header>",
                "<ul class=\"verdict\">\(Self.items(report.verdict.isEmpty ? ["No test was completed."] : report.verdict))</ul>",
                report.remarks.isEmpty ? "" : "<ul class=\"remarks\">\(Self.items(report.remarks))</ul>",
                charts,
                section("Figures", [report.figureTable, report.costTable, report.retransmitTable]),
                section("Hosts", [report.hostTable]),
                "<section><h2>Method</h2>\(report.methodText.map { "<p>\($0.escapedForMarkup)</p>" }.joined())</section>",
                raw,
            ].filter { !$0.isEmpty }.joined(separator: "\n")
        ).text
    }

    private static func items(_ sentences: [String]) -> String {
        sentences.map { sentence in
            // A no-break space keeps a number and its unit on one line.
            "<li>\(sentence.replacing(" %", with: "\u{a0}%").escapedForMarkup)</li>"
        }.joined(separator: "\n")
    }

    private func section(_ title: String, _ tables: [Table]) -> String {
        let tables = tables.filter { !$0.rows.isEmpty }
        guard !tables.isEmpty else { return "" }
        return "<section><h2>\(title)</h2>\n\(tables.map(\.html).joined(separator: "\n"))</section>"
    }

    private var raw: String {
        let tables = report.rawTables.map { title, table in
            "<figure><h3>\(title.escapedForMarkup)</h3>\n\(table.html)</figure>"
        }
        guard !tables.isEmpty else { return "" }
        return "<section><h2>Every round</h2>\n<p>In the order in which they were measured.</p>\n"
            + "<div class=\"grid\">\(tables.joined(separator: "\n"))</div></section>"
    }

    private var charts: String {
        let panels = BenchPanel.all(of: report)
        guard !panels.isEmpty else { return "" }
        return "<section class=\"grid\">\(panels.map(\.svg).joined(separator: "\n"))</section>"
    }

    private static let style = """
        :root { color-scheme: light dark; --page: #ffffff; --text: #1f2328; --faint: #59636e; --line: #d1d9e0;
          --panel: #f6f8fa; --plain: #8c959f; --tunnel: #1f6feb; --warning: #9a6700; --warned: #fff8c5; }
        @media (prefers-color-scheme: dark) { :root { --page: #0d1117; --text: #e6edf3; --faint: #9198a1; --line: #3d444d;
          --panel: #151b23; --plain: #7d8590; --tunnel: #58a6ff; --warning: #d29922; --warned: #272115; } }
        * { box-sizing: border-box; }
        body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
          background: var(--page); color: var(--text); }
        h1, h2, h3 { line-height: 1.25; } h1 { margin-bottom: .3rem; } h2 { margin: 2.5rem 0 .8rem; }
        h3 { font-size: 1rem; margin: 0 0 .4rem; } header p { margin-top: 0; color: var(--faint); }
        .verdict { list-style: none; padding: 0; margin: 1.2rem 0; font-size: 1.15rem; } .verdict li { margin: .5rem 0; }
        .remarks { margin: 1.2rem 0; padding: .7rem 1rem .7rem 2rem; border-left: 4px solid var(--warning);
          background: var(--warned); } .remarks li { margin: .25rem 0; }
        .grid { columns: 27rem 2; column-gap: 1.2rem; }
        figure { margin: 0 0 1.2rem; break-inside: avoid; }
        .chart { border: 1px solid var(--line); border-radius: 6px; padding: .2rem .4rem; background: var(--panel); }
        .chart svg { display: block; width: 100%; height: auto; }
        .wide { overflow-x: auto; margin-bottom: 1.2rem; } table { border-collapse: collapse; font-size: .9rem;
          font-variant-numeric: tabular-nums; }
        th, td { border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: right; white-space: nowrap; }
        .words { text-align: left; } .words:first-child { padding-left: 0; } th { color: var(--faint); font-weight: 600; }
        figure table { font-size: .8rem; } figure th, figure td { padding: .2rem .35rem; }
        text { font: 13px system-ui, sans-serif; fill: var(--text); } .title { font-size: 14px; font-weight: 600; }
        .label { text-anchor: end; } .value, .tick { font-size: 12px; fill: var(--faint); } .tick { text-anchor: middle; }
        .plain { fill: var(--plain); } .tunnel, .point { fill: var(--tunnel); } .sample { fill: var(--text); opacity: .55; }
        .axis { stroke: var(--line); } .one { stroke: var(--faint); stroke-dasharray: 4 3; }
        .interval { stroke: var(--tunnel); stroke-width: 3; opacity: .6; }
        @media print { :root { color-scheme: light; --page: #ffffff; --text: #000000; --faint: #444444; --line: #bbbbbb;
          --panel: #ffffff; --plain: #8c959f; --tunnel: #1f6feb; --warning: #9a6700; --warned: #ffffff; }
          body { margin: 0; max-width: none; font-size: 10pt; } table { font-size: 8pt; } .wide { overflow: visible; }
          figure table { font-size: 8pt; } th, td, figure th, figure td { padding: .1rem .35rem; } figure, tr, .remarks { break-inside: avoid; } h2, h3 { break-after: avoid; }
          .grid { columns: 2; } section > .grid { columns: auto; } }
        """
}

/// One chart of the page.
private struct BenchPanel {
    private static let width = 480
    private static let left = 140
    private static let right = 420

    private let name: String
    private let elements: String
    private let height: Int

    var svg: String {
        "<figure class=\"chart\"><svg viewBox=\"0 0 \(Self.width) \(height + 10)\" role=\"img\" "
            + "aria-label=\"\(name.escapedForMarkup)\">\n\(elements)</svg></figure>"
    }

    private init(_ name: String, _ elements: String, _ height: Int) {
        self.name = name
        self.elements = elements
        self.height = height
    }

    static func all(of report: BenchReport) -> [BenchPanel] {
        let figures = report.figures
        func bars(_ title: String, _ isShown: (BenchFigure.Kind) -> Bool) -> BenchPanel? {
            let rows = figures.filter { isShown($0.kind) && !$0.plain.isEmpty }.map { figure in
                BarChart.Row(
                    label: figure.kind.shortTitle,
                    bars: BenchPath.allCases.compactMap { path in
                        Spread(figure.values(path)).map { spread in
                            BarChart.Bar(
                                series: path.rawValue, value: spread.median, text: figure.medianText(path),
                                samples: figure.values(path))
                        }
                    })
            }
            return panel(title, rows)
        }
        return [
            ratios(figures),
            bars("TCP, Gbit/s") { if case .tcp = $0 { true } else { false } },
            bars("UDP without loss, 1000/s") { if case .udp = $0 { true } else { false } },
            bars("Round trip, idle, µs") { if case .roundTrip(.idle, _) = $0 { true } else { false } },
            bars("Round trip, loaded, µs") { if case .roundTrip(.loaded, _) = $0 { true } else { false } },
            costs(report),
        ].compactMap(\.self)
    }

    private static func panel(_ title: String, _ rows: [BarChart.Row]) -> BenchPanel? {
        guard !rows.isEmpty else { return nil }
        let series = BenchPath.allCases.map { BarChart.Series(name: $0.rawValue, title: $0.rawValue) }
        let chart = BarChart(title: title, series: series, rows: rows, left: left, right: right)
        return BenchPanel(title, chart.elements(), chart.height)
    }

    private static func ratios(_ figures: [BenchFigure]) -> BenchPanel? {
        let rows = figures.compactMap { figure in
            figure.estimate.flatMap { $0.isKnown ? $0 : nil }.map {
                IntervalChart.Row(label: figure.kind.shortTitle, ratio: $0.ratio, interval: $0.interval)
            }
        }
        guard !rows.isEmpty else { return nil }
        let title = "Tunnel ÷ plain, with 99 % intervals"
        let chart = IntervalChart(title: title, rows: rows, left: left, right: right + 40)
        return BenchPanel(title, chart.elements, chart.height)
    }

    private static func costs(_ report: BenchReport) -> BenchPanel? {
        let rows = report.costs.compactMap { cost -> BarChart.Row? in
            guard let plain = Spread(cost.systemPlain), let tunnel = Spread(cost.systemTunnel) else { return nil }
            let ends = [(BenchPath.plain, plain, cost.systemPlain), (.tunnel, tunnel, cost.systemTunnel)]
            return BarChart.Row(
                label: "\(cost.test.shortTitle.replacing(" server", with: "")), \(cost.end.rawValue)",
                bars: ends.map { path, spread, samples in
                    BarChart.Bar(
                        series: path.rawValue, value: spread.median, text: Digits.significant(spread.median),
                        samples: samples)
                })
        }
        return panel("CPU seconds per GiB, by host", rows)
    }
}

extension BenchFigure.Kind {
    /// The label next to a bar.
    fileprivate var shortTitle: String {
        switch self {
        case .tcp(let streams, .toServer): "TCP \(streams) → server"
        case .tcp(let streams, .toClient): "TCP \(streams) ← server"
        case .udp(let count): "UDP \(count) B"
        case .roundTrip(let load, let quantile): "\(load.rawValue) \(quantile.rawValue)"
        case .connection: "connection"
        }
    }
}

extension Table {
    /// Formats the table as HTML, in a box that scrolls if the page is too narrow.
    fileprivate var html: String {
        func row(_ texts: [String], _ tag: String) -> String {
            let cells = texts.enumerated().map { column, text in
                "<\(tag)\(column < textColumns ? " class=\"words\"" : "")>\(text.escapedForMarkup)</\(tag)>"
            }
            return "<tr>\(cells.joined())</tr>"
        }
        return "<div class=\"wide\"><table><thead>\(row(heading, "th"))</thead>\n<tbody>\n"
            + "\(rows.map { row($0, "td") }.joined(separator: "\n"))\n</tbody></table></div>"
    }
}
