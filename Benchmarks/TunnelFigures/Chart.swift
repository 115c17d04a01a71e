import SealaneFigures

/// Bar charts of medians in one SVG file, which follows the reader's light or dark theme.
package struct Chart {
    private let measurements: Measurements
    private var body = ""
    private var height = 0

    private static let width = 860

    package static func svg(_ measurements: Measurements) -> String {
        var chart = Chart(measurements: measurements)
        chart.panel("TCP, 1 stream (Gbit/s, more is better)", .tcp1)
        chart.panel("UDP, 64 bytes, delivered (1000 datagrams per second, more is better)", .udp64Delivered)
        chart.panel("Round trip p50, idle, on one core (µs, less is better)", .oneCoreP50)
        chart.panel("Round trip p99 beside one TCP stream that saturates (µs, less is better)", .loadedP99)
        return chart.document
    }

    private init(measurements: Measurements) {
        self.measurements = measurements
    }

    private mutating func panel(_ title: String, _ figure: Figure) {
        let rows = measurements.contenders.map(\.contender).compactMap { contender -> BarChart.Row? in
            let bars = Mode.allCases.compactMap { mode in
                measurements.median(figure, of: contender, mode).map { value in
                    BarChart.Bar(series: mode.rawValue, value: value, text: figure.text(value))
                }
            }
            return bars.isEmpty ? nil : BarChart.Row(label: contender.title, bars: bars)
        }
        guard !rows.isEmpty else { return }
        let chart = BarChart(
            title: title, series: Mode.allCases.map { .init(name: $0.rawValue, title: $0.rawValue) }, rows: rows,
            left: 270, right: 790)
        body += chart.elements(y: height)
        height += chart.height
    }

    private var document: String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height + 10)" width="\(Self.width)" \
        height="\(height + 10)" role="img" aria-label="Benchmarks of Sealane and other tunnels, medians">
        <title>Benchmarks of Sealane and other tunnels, medians</title>
        <style>
        svg { background: #ffffff; }
        text { font: 13px system-ui, sans-serif; fill: #1f2328; }
        .title { font-size: 15px; font-weight: 600; }
        .label { text-anchor: end; }
        .value { font-size: 12px; fill: #59636e; }
        .batched { fill: #1f6feb; }
        .wire { fill: #d9730d; }
        @media (prefers-color-scheme: dark) {
            svg { background: #0d1117; }
            text { fill: #e6edf3; }
            .value { fill: #9198a1; }
            .batched { fill: #58a6ff; }
            .wire { fill: #f0a04b; }
        }
        </style>
        \(body)</svg>

        """
    }
}
