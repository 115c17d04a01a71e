/// One failure of a rule: what was observed, what was required, and the sources of both.
public struct Reason: Sendable, Hashable, Codable, CustomStringConvertible {
    public let code: ReasonCode
    public let observed: String
    public let required: String
    public let source: String

    public init(code: ReasonCode, observed: String, required: String, source: String) {
        self.code = code
        self.observed = observed
        self.required = required
        self.source = source
    }

    /// One line: `region-mismatch: local us-east-1, peer us-west-2; required: ... (source)`. Empty parts are omitted.
    public var description: String {
        var line = code.rawValue
        if !observed.isEmpty { line += ": \(observed)" }
        if !required.isEmpty { line += "; required: \(required)" }
        if !source.isEmpty { line += " (\(source))" }
        return line
    }
}
