/// A chart of ratios with their intervals around the line of 1, on a logarithmic axis, as SVG elements. Classes: those
/// of `BarChart`, `axis`, `one`, `interval`, `point`.
struct IntervalChart {
    struct Row {
        let label: String
        let ratio: Double
        let interval: ClosedRange<Double>?
    }

    private let title: String
    private let rows: [Row]
    private let left: Int
    private let right: Int
    private let scale: ClosedRange<Double>

    private static let top = 70
    private static let rowHeight = 22

    init(title: String, rows: [Row], left: Int, right: Int) {
        self.title = title
        self.rows = rows
        self.left = left
        self.right = right
        let ends = rows.map(\.ratio) + rows.compactMap(\.interval).flatMap { [$0.lowerBound, $0.upperBound] }
        // An interval of two rounds can span many powers of ten, so the axis is limited.
        scale = max(min(ends.min() ?? 1, 0.8), 0.05)...min(max(ends.max() ?? 1, 1.25), 20)
    }

    var height: Int { Self.top + rows.count * Self.rowHeight + 8 }

    var elements: String {
        let bottom = Self.top + rows.count * Self.rowHeight
        var markup = BarChart.text(title, x: 20, y: 34, "title")
        for tick in [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20] where scale.contains(tick) {
            let x = place(tick)
            markup +=
                "<line class=\"\(tick == 1 ? "one" : "axis")\" x1=\"\(x)\" y1=\"\(Self.top - 6)\" x2=\"\(x)\" "
                + "y2=\"\(bottom)\"/>\n" + BarChart.text(Self.name(tick), x: x, y: Self.top - 10, "tick")
        }
        for (index, row) in rows.enumerated() {
            let y = Self.top + index * Self.rowHeight + Self.rowHeight / 2
            markup += BarChart.text(row.label, x: left - 12, y: y + 4, "label")
            if let interval = row.interval {
                markup +=
                    "<line class=\"interval\" x1=\"\(place(interval.lowerBound))\" y1=\"\(y)\" "
                    + "x2=\"\(place(interval.upperBound))\" y2=\"\(y)\"/>\n"
            }
            markup += "<circle class=\"point\" cx=\"\(place(row.ratio))\" cy=\"\(y)\" r=\"4\"/>\n"
        }
        return markup
    }

    private func place(_ ratio: Double) -> Int {
        let clamped = min(max(ratio, scale.lowerBound), scale.upperBound)
        let share =
            Logarithm.natural(clamped / scale.lowerBound) / Logarithm.natural(scale.upperBound / scale.lowerBound)
        return left + Int(share * Double(right - left))
    }

    private static func name(_ tick: Double) -> String { tick < 1 ? "\(tick)" : Digits.fixed(tick, 0) }
}
