import SealaneEligibility

/// The number of peers with each verdict of this host.
package struct VerdictCounts: Codable, Sendable, Equatable {
    package var eligible = 0
    package var refused = 0
    package var unjudged = 0

    package init() {}

    package subscript(outcome: Verdict.Outcome) -> Int {
        switch outcome {
        case .eligible: eligible
        case .refused: refused
        case .unjudged: unjudged
        }
    }

    /// Counts one peer.
    package mutating func add(_ outcome: Verdict.Outcome) {
        switch outcome {
        case .eligible: eligible += 1
        case .refused: refused += 1
        case .unjudged: unjudged += 1
        }
    }
}
