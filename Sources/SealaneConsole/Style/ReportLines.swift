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
