/// Rows under headings, with each column as wide as its widest cell. Shows several things.
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
