/// Lines of labels and values, with the values in one column. Shows one thing.
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

    /// Adds nothing if `value` is nil.
    mutating func add(_ label: String, _ value: String?) {
        if let value { lines.append((label, value)) }
    }

    /// Every line ends with a newline. Further lines of a value start below its first.
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
