import FoundationEssentials
import SealaneEligibility

/// The finding of one witness of the path to a peer.
package struct WitnessReport: Codable, Sendable, Equatable {
    package var witness: RuleName
    /// The policy's reaction: require, refuse, warn or ignore.
    package var policy: Reaction
    package var finding: RuleResult.Finding
    /// What the witness observed.
    package var observed: String?
    /// What the observation means, in a sentence.
    package var meaning: String
    /// The reasons against the path, whatever the policy's reaction. Empty unless `finding` is an objection.
    package var objections: [Reason]
    /// When the witness last observed it; for routes, when the snapshot was taken.
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
