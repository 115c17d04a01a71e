import FoundationEssentials
import SealaneEligibility

/// What one witness says of the path to a peer.
package struct WitnessReport: Codable, Sendable, Equatable {
    package var witness: RuleName
    /// require, refuse, warn or ignore: the policy's.
    package var policy: Reaction
    package var finding: RuleResult.Finding
    /// What it saw.
    package var observed: String?
    /// What that means, in a sentence.
    package var meaning: String
    /// What speaks against the path, whatever the policy makes of it. Empty unless `finding` is an objection.
    package var objections: [Reason]
    /// When it was seen last; of routes, when the snapshot was taken.
    package var seenAt: Date?

    package init(_ result: RuleResult, at seenAt: Date?) {
        witness = result.rule
        policy = result.reaction
        finding = result.finding
        observed = result.observed
        meaning = result.meaning
        objections = result.reasons
        self.seenAt = seenAt
    }
}
