/// What a rule evaluates, besides the facts that the operator stated.
package enum RuleEvidence: Sendable, Hashable {
    case facts
    /// The peer's claims in the handshake.
    case claims
    case certificate
    /// Observations of the path between the two ends.
    case path
}
