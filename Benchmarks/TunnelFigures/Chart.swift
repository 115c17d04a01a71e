/// Bar charts of medians, as one SVG file that follows the reader's light or dark theme.
public struct Chart {
    private let measurements: Measurements
    private var body = ""
    private var height = 0

    private static let width = 860
    private static let barsLeft = 270
    private static let barsRight = 790
    private static let barHeight = 13
    private static let rowHeight = 38

    public static func svg(_ measurements: Measurements) -> String {
        var chart = Chart(measurements: measurements)
        chart.panel("TCP, 1 stream (Gbit/s, more is better)", .tcp1)
        chart.panel("UDP, 64 bytes, delivered (1000 datagrams per second, more is better)", .udp64Delivered)
        chart.panel("Round trip p50, idle, on one core (µs, less is better)", .oneCoreP50)
        return chart.document
    }

    private init(measurements: Measurements) {
        self.measurements = measurements
    }

    private mutating func panel(_ title: String, _ figure: Figure) {
        let contenders = measurements.contenders.map(\.contender).filter { contender in
            Mode.allCases.contains { measurements.spread(figure, of: contender, $0) != nil }
        }
        let values = contenders.flatMap { contender in
            Mode.allCases.compactMap { measurements.median(figure, of: contender, $0) }
        }
        guard let greatest = values.max(), greatest > 0 else { return }
        text(title, x: 20, y: height + 34, "title")
        legend(y: height + 34)
        var y = height + 52
        for contender in contenders {
            text(contender.title, x: Self.barsLeft - 12, y: y + Self.barHeight + 5, "label")
            for (index, mode) in Mode.allCases.enumerated() {
                guard let value = measurements.median(figure, of: contender, mode) else { continue }
                let top = y + index * (Self.barHeight + 2)
                let length = max(1, Int(value / greatest * Double(Self.barsRight - Self.barsLeft)))
                body += """
                    <rect class="\(mode.rawValue)" x="\(Self.barsLeft)" y="\(top)" width="\(length)" \
                    height="\(Self.barHeight)" rx="2"/>

                    """
                text(figure.text(value), x: Self.barsLeft + length + 6, y: top + 11, "value")
            }
            y += Self.rowHeight
        }
        height = y
    }

    private mutating func legend(y: Int) {
        for (index, mode) in Mode.allCases.enumerated() {
            let x = Self.barsRight - 110 + index * 90
            body +=
                "<rect class=\"\(mode.rawValue)\" x=\"\(x)\" y=\"\(y - 10)\" width=\"12\" height=\"12\" rx=\"2\"/>\n"
            text(mode.rawValue, x: x + 17, y: y, "value")
        }
    }

    private mutating func text(_ text: String, x: Int, y: Int, _ style: String) {
        body += "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">\(text)</text>\n"
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
