/// The combined outcome of all rules.
package enum Verdict: Sendable, Hashable {
    case eligible
    /// The reasons in the order of the rules; never empty.
    case refused([Reason])
    /// There is no reason against the peer, but some rules lack evidence. Never empty.
    case unjudged(missing: [Need])

    /// Refused, unless there are no reasons.
    package init(_ reasons: [Reason]) {
        self = reasons.isEmpty ? .eligible : .refused(reasons)
    }

    /// The evidence that a rule needs about the peer or the path before it can pass. The raw values are stable.
    package enum Need: String, CaseIterable, Sendable, Codable {
        /// The peer's claims in a handshake.
        case claims = "statement"
        case certificate
        case translation
        case forwarding
        case mtu

        /// For display.
        package var description: String {
            switch self {
            case .claims: "the peer's handshake"
            case .certificate: "the peer's certificate"
            case .translation, .forwarding, .mtu: "the path witness \(rawValue)"
            }
        }
    }

    /// A verdict without reasons. The raw values are stable: JSON, metrics and the audit log use them.
    package enum Outcome: String, CaseIterable, Sendable, Codable {
        case eligible, refused, unjudged
    }

    package var outcome: Outcome {
        switch self {
        case .eligible: .eligible
        case .refused: .refused
        case .unjudged: .unjudged
        }
    }

    package var isEligible: Bool { self == .eligible }

    /// Empty unless refused.
    package var reasons: [Reason] {
        if case .refused(let reasons) = self { reasons } else { [] }
    }

    /// Empty unless unjudged.
    package var missing: [Need] {
        if case .unjudged(let missing) = self { missing } else { [] }
    }
}
