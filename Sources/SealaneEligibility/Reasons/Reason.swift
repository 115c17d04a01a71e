/// One failure of a rule: what was observed, what was required, and the sources of both.
package struct Reason: Sendable, Hashable, Codable, CustomStringConvertible {
    package let code: ReasonCode
    package let observed: String
    package let required: String
    package let source: String

    package init(code: ReasonCode, observed: String, required: String, source: String) {
        self.code = code
        self.observed = observed
        self.required = required
        self.source = source
    }

    /// One line: `region-mismatch: local us-east-1, peer us-west-2; required: ... (source)`. Empty parts are omitted.
    package var description: String {
        var line = code.rawValue
        if !observed.isEmpty { line += ": \(observed)" }
        if !required.isEmpty { line += "; required: \(required)" }
        if !source.isEmpty { line += " (\(source))" }
        return line
    }
}
