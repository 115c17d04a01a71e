/// Rows of text below a heading. The first columns are left-aligned, the others right-aligned.
package struct Table: Sendable {
    package let heading: [String]
    package let rows: [[String]]
    /// The number of left-aligned columns: text rather than numbers.
    package let textColumns: Int

    package init(heading: [String], rows: [[String]], textColumns: Int = 1) {
        self.heading = heading
        self.rows = rows
        self.textColumns = textColumns
    }

    /// Formats the table for a terminal, with two spaces between columns.
    package var plain: String {
        let lines = [heading] + rows
        let widths = heading.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column < textColumns ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    package var markdown: String {
        let rule = heading.indices.map { $0 < textColumns ? "---" : "---:" }
        return ([heading, rule] + rows).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }
}
