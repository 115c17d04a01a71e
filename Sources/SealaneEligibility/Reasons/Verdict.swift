/// The outcome of every rule together.
public enum Verdict: Sendable, Hashable {
    case eligible
    /// Every reason, never none, in the order of the rules.
    case refused([Reason])
    /// Nothing speaks against the peer, and not every rule has what it needs. Never empty.
    case unjudged(missing: [Need])

    /// Of all that the rules found: refused, unless there is nothing.
    public init(_ reasons: [Reason]) {
        self = reasons.isEmpty ? .eligible : .refused(reasons)
    }

    /// What a rule needs of the peer, or of the path to it, before it can pass. The raw values are stable.
    public enum Need: String, CaseIterable, Sendable, Codable {
        /// What the peer claims of itself in a handshake.
        case claims = "statement"
        case certificate
        case translation
        case forwarding
        case mtu

        /// For people.
        public var description: String {
            switch self {
            case .claims: "the peer's handshake"
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
