/// Writes metrics in Prometheus' text format, one family at a time.
struct MetricsText {
    enum Kind: String {
        case counter, gauge
    }

    private(set) var text = ""

    mutating func add(_ kind: Kind, _ name: String, _ help: String, _ value: Double) {
        let unlabelled: KeyValuePairs<String, String> = [:]
        add(kind, name, help, [(unlabelled, value)])
    }

    /// - Parameter series: values, each with its labels.
    mutating func add(
        _ kind: Kind, _ name: String, _ help: String, _ series: [(labels: KeyValuePairs<String, String>, value: Double)]
    ) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for (labels, value) in series {
            let pairs = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            text += "\(name)\(pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") \(Self.number(value))\n"
        }
    }

    /// Escapes the three characters that a label's value must not contain.
    private static func escaped(_ value: String) -> String {
        value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }

    /// Whole numbers without a decimal point, as far as a Double represents them.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
