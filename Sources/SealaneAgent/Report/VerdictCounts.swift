import SealaneEligibility

/// How many peers have each verdict of this host.
public struct VerdictCounts: Codable, Sendable, Equatable {
    public var eligible = 0
    public var refused = 0
    public var unjudged = 0

    public init() {}

    public subscript(outcome: Verdict.Outcome) -> Int {
        switch outcome {
        case .eligible: eligible
        case .refused: refused
        case .unjudged: unjudged
        }
    }

    /// Counts one peer.
    public mutating func add(_ outcome: Verdict.Outcome) {
        switch outcome {
        case .eligible: eligible += 1
        case .refused: refused += 1
        case .unjudged: unjudged += 1
        }
    }
}
