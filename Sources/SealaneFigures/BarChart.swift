/// A horizontal bar chart in groups, as SVG elements. The surrounding style sheet sets the colours: classes `title`,
/// `label`, `value`, `sample`, and the names of the series.
package struct BarChart {
    /// A kind of bar that occurs in every row.
    package struct Series {
        /// The CSS class.
        package let name: String
        package let title: String

        package init(name: String, title: String) {
            self.name = name
            self.title = title
        }
    }

    package struct Bar {
        /// The name of the series.
        package let series: String
        /// Not negative.
        package let value: Double
        /// The text after the bar.
        package let text: String
        /// Values to mark on the bar.
        package let samples: [Double]

        package init(series: String, value: Double, text: String, samples: [Double] = []) {
            self.series = series
            self.value = value
            self.text = text
            self.samples = samples
        }
    }

    package struct Row {
        package let label: String
        package let bars: [Bar]

        package init(label: String, bars: [Bar]) {
            self.label = label
            self.bars = bars
        }
    }

    private let title: String
    private let series: [Series]
    private let rows: [Row]
    /// The x coordinates at which bars begin and the longest bar ends.
    private let left: Int
    private let right: Int

    private static let barHeight = 13
    private static let top = 52

    package init(title: String, series: [Series], rows: [Row], left: Int, right: Int) {
        self.title = title
        self.series = series
        self.rows = rows
        self.left = left
        self.right = right
    }

    private var rowHeight: Int { series.count * (Self.barHeight + 2) + 8 }
    package var height: Int { Self.top + rows.count * rowHeight }

    private var greatest: Double { rows.flatMap(\.bars).map { max($0.value, $0.samples.max() ?? 0) }.max() ?? 0 }

    /// - Parameter y: the upper edge of the chart.
    package func elements(y: Int = 0) -> String {
        var markup = Self.text(title, x: left - labelIndent, y: y + 34, "title") + legend(y: y + 34)
        for (index, row) in rows.enumerated() {
            let upper = y + Self.top + index * rowHeight
            let middle = upper + series.count * (Self.barHeight + 2) / 2 + 3
            markup += Self.text(row.label, x: left - 12, y: middle, "label")
            for (place, bar) in row.bars.enumerated() {
                markup += self.bar(bar, y: upper + place * (Self.barHeight + 2))
            }
        }
        return markup
    }

    /// Titles begin where the widest label begins.
    private var labelIndent: Int { left - 20 }

    private func legend(y: Int) -> String {
        series.enumerated().map { index, series in
            let x = right - 110 + index * 90
            return "<rect class=\"\(series.name)\" x=\"\(x)\" y=\"\(y - 10)\" width=\"12\" height=\"12\" rx=\"2\"/>\n"
                + Self.text(series.title, x: x + 17, y: y, "value")
        }.joined()
    }

    private func bar(_ bar: Bar, y: Int) -> String {
        func length(_ value: Double) -> Int {
            let share = value / greatest
            return share > 0 && share <= 1 ? Int(share * Double(right - left)) : 0
        }
        let marks = bar.samples.map { sample in
            "<rect class=\"sample\" x=\"\(left + max(length(sample), 1) - 1)\" y=\"\(y + 3)\" width=\"2\" height=\"7\"/>\n"
        }
        let end = max(length(bar.value), bar.samples.map(length).max() ?? 0, 1)
        return """
            <rect class="\(bar.series)" x="\(left)" y="\(y)" width="\(max(1, length(bar.value)))" \
            height="\(Self.barHeight)" rx="2"/>
            \(marks.joined())
            """ + Self.text(bar.text, x: left + end + 6, y: y + 11, "value")
    }

    static func text(_ text: String, x: Int, y: Int, _ style: String) -> String {
        "<text class=\"\(style)\" x=\"\(x)\" y=\"\(y)\">\(text.escapedForMarkup)</text>\n"
    }
}
