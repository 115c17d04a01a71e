import SealaneControl
import SealaneEligibility

extension VerdictCounts {
    /// `1 eligible, 2 unjudged`; nil without peers.
    var text: String? {
        let some = Verdict.Outcome.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.rawValue)" }
        return some.isEmpty ? nil : some.joined(separator: ", ")
    }
}
