import SealaneEligibility

/// A verdict: eligible, or every reason why not.
public struct VerdictReport: Codable, Sendable, Equatable {
    public var eligible: Bool
    /// Empty if and only if eligible.
    public var reasons: [Reason]

    public init(_ verdict: Verdict) {
        switch verdict {
        case .eligible:
            eligible = true
            reasons = []
        case .refused(let reasons):
            eligible = false
            self.reasons = reasons
        }
    }
}
