/// One failed rule: what was seen, what would have passed, and where the facts came from.
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

    /// One line: `region-mismatch: local us-east-1, peer us-west-2; required: ... (source)`. Empty parts are left out.
    public var description: String {
        var line = code.rawValue
        if !observed.isEmpty { line += ": \(observed)" }
        if !required.isEmpty { line += "; required: \(required)" }
        if !source.isEmpty { line += " (\(source))" }
        return line
    }
}

/// The outcome of every rule together.
public enum Verdict: Sendable, Hashable {
    case eligible
    /// Every reason, never none, in the order of the rules.
    case refused([Reason])
    /// Nothing speaks against the peer, and not every rule has what it needs. Never empty.
    case unjudged(missing: [Need])

    /// What a rule needs to hear of the peer, or of the path to it. The raw values are stable.
    public enum Need: String, CaseIterable, Sendable, Codable {
        /// What the peer says of itself in a handshake.
        case statement
        case certificate
        case translation
        case forwarding
        case mtu

        /// For people.
        public var description: String {
            switch self {
            case .statement: "the peer's handshake"
            case .certificate: "the peer's certificate"
            case .translation, .forwarding, .mtu: "the path witness \(rawValue)"
            }
        }
    }

    /// Without reasons. The raw values are stable: JSON, metrics and the audit log use them.
    public enum Outcome: String, CaseIterable, Sendable, Codable {
        case eligible, refused, unjudged
    }

    public var outcome: Outcome {
        switch self {
        case .eligible: .eligible
        case .refused: .refused
        case .unjudged: .unjudged
        }
    }

    public var isEligible: Bool { self == .eligible }

    /// Empty unless refused.
    public var reasons: [Reason] {
        if case .refused(let reasons) = self { reasons } else { [] }
    }

    /// Empty unless unjudged.
    public var missing: [Need] {
        if case .unjudged(let missing) = self { missing } else { [] }
    }
}
