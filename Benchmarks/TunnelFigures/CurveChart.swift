import Foundation
import SealaneFigures

/// Curves of medians with minimum and maximum of all rounds, over a logarithmic x axis, in one SVG file. It follows the
/// reader's light or dark theme.
package struct CurveChart {
    private let measurements: ScaleMeasurements
    private var body = ""
    private var panelCount = 0

    private static let columns = 2
    private static let panelWidth = 430
    private static let panelHeight = 220
    // Offsets from the upper left corner of a panel.
    private static let left = 60.0
    private static let right = 410.0
    private static let top = 52.0
    private static let bottom = 170.0

    package static func svg(_ measurements: ScaleMeasurements) -> String {
        var chart = CurveChart(measurements: measurements)
        for curve in [Curve.lanes, .streams, .mtu] { chart.panel(curve, .throughput) }
        for curve in [Curve.packetSize, .jumboPacketSize] {
            chart.panel(curve, .throughput)
            chart.panel(curve, .senderCost)
        }
        for curve in [Curve.activePeersInRuns, .activePeersInTurn] { chart.panel(curve, .throughput) }
        chart.panel(.sessions, .handshakes)
        chart.panel(.sessions, .setUpP50)
        chart.panel(.configuredPeers, .throughput)
        chart.panel(.configuredPeers, .memory)
        return chart.document
    }

    private init(measurements: ScaleMeasurements) {
        self.measurements = measurements
    }

    private mutating func panel(_ curve: Curve, _ figure: ScaleFigure) {
        let points = measurements.abscissae(curve).compactMap { x in
            measurements.spread(figure, curve, at: x).map { (x: x, spread: $0) }
        }
        guard let least = points.first?.x, let greatest = points.last?.x, least > 0,
            let highest = points.map(\.spread.maximum).max(), highest > 0
        else { return }
        let originX = Double(panelCount % Self.columns * Self.panelWidth)
        let originY = Double(panelCount / Self.columns * Self.panelHeight)
        panelCount += 1

        func place(_ x: Double) -> Double {
            guard greatest > least else { return originX + (Self.left + Self.right) / 2 }
            // Keep points away from the axes.
            let share = 0.04 + 0.92 * log(x / least) / log(greatest / least)
            return originX + Self.left + share * (Self.right - Self.left)
        }
        func height(_ y: Double) -> Double { originY + Self.bottom - y / highest * (Self.bottom - Self.top) }

        text(curve.title, originX + 20, originY + 18, "title")
        text(figure.title, originX + 20, originY + 33, "value")
        line(
            (originX + Self.left, originY + Self.bottom), (originX + Self.right, originY + Self.bottom), "axis")
        line((originX + Self.left, originY + Self.top), (originX + Self.left, originY + Self.bottom), "axis")
        text("0", originX + Self.left - 6, originY + Self.bottom + 4, "value end")
        text(figure.text(highest), originX + Self.left - 6, originY + Self.top + 4, "value end")
        let corners = points.map { "\(number(place($0.x))),\(number(height($0.spread.median)))" }
        body += "<polyline class=\"curve\" points=\"\(corners.joined(separator: " "))\"/>\n"
        for point in points {
            let x = place(point.x)
            line((x, height(point.spread.minimum)), (x, height(point.spread.maximum)), "range")
            body += """
                <circle class="point" cx="\(number(x))" cy="\(number(height(point.spread.median)))" r="3"/>

                """
            text(figure.text(point.spread.median), x, height(point.spread.maximum) - 5, "value middle")
            text(ScalePage.count(point.x), x, originY + Self.bottom + 16, "value middle")
        }
        text(curve.axis, originX + Self.right, originY + Self.bottom + 32, "value end")
    }

    private mutating func text(_ text: String, _ x: Double, _ y: Double, _ style: String) {
        body += "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\">\(text)</text>\n"
    }

    private mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ style: String) {
        body += """
            <line class="\(style)" x1="\(number(from.x))" y1="\(number(from.y))" x2="\(number(to.x))" \
            y2="\(number(to.y))"/>

            """
    }

    private func number(_ value: Double) -> String { Digits.fixed(value, 1) }

    private var document: String {
        let width = Self.columns * Self.panelWidth
        let height = (panelCount + Self.columns - 1) / Self.columns * Self.panelHeight
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" \
            height="\(height)" role="img" aria-label="How Sealane scales: median, minimum, maximum">
            <title>How Sealane scales: median, minimum, maximum</title>
            <style>
            svg { background: #ffffff; }
            text { font: 12px system-ui, sans-serif; fill: #1f2328; }
            .title { font-size: 13px; font-weight: 600; }
            .value { font-size: 11px; fill: #59636e; }
            .end { text-anchor: end; }
            .middle { text-anchor: middle; }
            .axis { stroke: #d1d9e0; }
            .curve { fill: none; stroke: #1f6feb; stroke-width: 2; }
            .range { stroke: #1f6feb; opacity: 0.5; }
            .point { fill: #1f6feb; }
            @media (prefers-color-scheme: dark) {
                svg { background: #0d1117; }
                text { fill: #e6edf3; }
                .value { fill: #9198a1; }
                .axis { stroke: #3d444d; }
                .curve { stroke: #58a6ff; }
                .range { stroke: #58a6ff; }
                .point { fill: #58a6ff; }
            }
            </style>
            \(body)</svg>

            """
    }
}
