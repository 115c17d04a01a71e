/// Lines of labels and values, the values in one column: how one thing is shown.
struct ReportLines {
    private let style: ReportStyle
    private let indent: String
    private var lines: [(label: String, value: String)] = []

    init(_ style: ReportStyle, indent: Int = 2) {
        self.style = style
        self.indent = String(repeating: " ", count: indent)
    }

    mutating func add(_ label: String, _ value: String) {
        lines.append((label, value))
    }

    /// Left out if there is nothing to say.
    mutating func add(_ label: String, _ value: String?) {
        if let value { lines.append((label, value)) }
    }

    /// One line each, with a newline at its end. A value of several lines goes on below its beginning.
    var text: String {
        let width = lines.map(\.label.count).max() ?? 0
        return lines.map { label, value in
            let name = label + String(repeating: " ", count: width - label.count)
            let below = "\n" + indent + String(repeating: " ", count: width + 2)
            let value = value.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: below)
            return "\(indent)\(style.paint(name, .faint))  \(value)\n"
        }
        .joined()
    }
}

/// Rows under headings, each column as wide as its widest cell: how many things are shown.
struct ReportTable {
    struct Cell {
        let text: String
        let ink: ReportStyle.Ink?

        init(_ text: String, _ ink: ReportStyle.Ink? = nil) {
            self.text = text
            self.ink = ink
        }
    }

    private let headings: [String]
    private var rows: [[Cell]] = []

    init(_ headings: [String]) {
        self.headings = headings
    }

    mutating func add(_ cells: [Cell]) {
        rows.append(cells)
    }

    func text(_ style: ReportStyle, indent: Int = 0) -> String {
        let all = [headings.map { Cell($0, .faint) }] + rows
        let widths = headings.indices.map { column in all.map { $0[column].text.count }.max() ?? 0 }
        let margin = String(repeating: " ", count: indent)
        return all.map { row in
            let last = row.lastIndex { !$0.text.isEmpty } ?? 0
            let cells = row[...last].enumerated().map { column, cell in
                let text = cell.ink.map { style.paint(cell.text, $0) } ?? cell.text
                return column == last ? text : text + String(repeating: " ", count: widths[column] - cell.text.count)
            }
            return margin + cells.joined(separator: "  ") + "\n"
        }
        .joined()
    }
}
