import TestSupport

/// Metrics read back, as strictly as the format can be taken: Prometheus' exposition formats, text 0.0.4, and its rules
/// for names (https://prometheus.io/docs/instrumenting/exposition_formats, .../docs/practices/naming).
struct PrometheusText {
    struct Series: Hashable {
        let name: String
        let labels: [String: String]
    }

    private(set) var kinds: [String: String] = [:]
    private(set) var helps: [String: String] = [:]
    private(set) var values: [Series: Double] = [:]

    /// Throws `Failure` at the first line that is not as it should be.
    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Failure("the last line has no end") }
        var family: String?
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("# HELP ") {
                let (name, help) = try Self.comment(line)
                guard helps.updateValue(help, forKey: name) == nil else { throw Failure("a second HELP: \(line)") }
                family = nil
            } else if line.hasPrefix("# TYPE ") {
                let (name, kind) = try Self.comment(line)
                guard kinds.updateValue(kind, forKey: name) == nil else { throw Failure("a second TYPE: \(line)") }
                guard helps[name] != nil else { throw Failure("TYPE without HELP before it: \(line)") }
                guard kind == "counter" || kind == "gauge" else { throw Failure("no kind: \(line)") }
                guard (kind == "counter") == name.hasSuffix("_total") else { throw Failure("_total: \(line)") }
                family = name
            } else {
                let (series, value) = try Self.sample(line)
                guard series.name == family else { throw Failure("apart from its family: \(line)") }
                guard kinds[series.name] != "counter" || value >= 0 else { throw Failure("negative: \(line)") }
                guard values.updateValue(value, forKey: series) == nil else { throw Failure("twice: \(line)") }
            }
        }
        guard Set(helps.keys) == Set(kinds.keys) else { throw Failure("HELP without TYPE") }
        for name in kinds.keys where !values.keys.contains(where: { $0.name == name }) {
            throw Failure("\(name) has no value")
        }
        for name in kinds.keys {
            let labelNames = Set(values.keys.filter { $0.name == name }.map { Set($0.labels.keys) })
            guard labelNames.count == 1 else { throw Failure("series of \(name) have different labels") }
        }
    }

    subscript(name: String, labels: [String: String]) -> Double? {
        values[Series(name: name, labels: labels)]
    }

    /// `# HELP name the rest`
    private static func comment(_ line: Substring) throws -> (String, String) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, isMetricName(parts[2]), !parts[3].isEmpty else { throw Failure("malformed: \(line)") }
        return (String(parts[2]), String(parts[3]))
    }

    /// `name{label="value",label="value"} 1`; there are no timestamps.
    private static func sample(_ line: Substring) throws -> (Series, Double) {
        var rest = line.unicodeScalars[...]
        let name = Substring(rest.prefix { $0 != "{" && $0 != " " })
        guard isMetricName(name) else { throw Failure("no metric's name: \(line)") }
        rest = rest.dropFirst(name.unicodeScalars.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest = rest.dropFirst()
            repeat {
                let label = Substring(rest.prefix { $0 != "=" })
                guard isLabelName(label) else { throw Failure("no label's name: \(line)") }
                rest = rest.dropFirst(label.unicodeScalars.count)
                let value = try quoted(&rest, line)
                guard labels.updateValue(value, forKey: String(label)) == nil else { throw Failure("twice: \(line)") }
            } while rest.popFirst() == ","
            guard line.unicodeScalars[..<rest.startIndex].last == "}" else { throw Failure("labels go on: \(line)") }
        }
        guard rest.popFirst() == " ", let value = Double(Substring(rest)) else { throw Failure("no value: \(line)") }
        return (Series(name: String(name), labels: labels), value)
    }

    /// `="..."`, in which a backslash stands before a backslash, a quotation mark, or the n of a line's end.
    private static func quoted(_ rest: inout Substring.UnicodeScalarView, _ line: Substring) throws -> String {
        guard rest.popFirst() == "=", rest.popFirst() == "\"" else { throw Failure("no label's value: \(line)") }
        var value = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"": return String(value)
            case "\\":
                switch rest.popFirst() {
                case "\\": value.append("\\")
                case "\"": value.append("\"")
                case "n": value.append("\n")
                default: throw Failure("nothing that is escaped: \(line)")
                }
            default: value.append(scalar)
            }
        }
        throw Failure("a label's value has no end: \(line)")
    }

    private static func isMetricName(_ name: Substring) -> Bool {
        name.wholeMatch(of: #/[a-zA-Z_:][a-zA-Z0-9_:]*/#) != nil
    }

    private static func isLabelName(_ name: Substring) -> Bool {
        name.wholeMatch(of: #/[a-zA-Z_][a-zA-Z0-9_]*/#) != nil && !name.hasPrefix("__")
    }
}
