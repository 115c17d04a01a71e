/// Rows of texts below a heading: the first columns to the left, the others to the right.
public struct Table: Sendable {
    public let heading: [String]
    public let rows: [[String]]
    /// How many columns are to the left: text rather than numbers.
    public let textColumns: Int

    public init(heading: [String], rows: [[String]], textColumns: Int = 1) {
        self.heading = heading
        self.rows = rows
        self.textColumns = textColumns
    }

    /// For a terminal, two spaces between the columns.
    public var plain: String {
        let lines = [heading] + rows
        let widths = heading.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { cells in
            cells.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column < textColumns ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    public var markdown: String {
        let rule = heading.indices.map { $0 < textColumns ? "---" : "---:" }
        return ([heading, rule] + rows).map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }
}
