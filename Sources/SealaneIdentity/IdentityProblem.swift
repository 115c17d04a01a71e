import SealaneEligibility

/// What is wrong with a certificate, or with what is to become one, and what would be right.
public struct IdentityProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line, fit for terminals and logs whoever wrote what it quotes.
    public let observed: String
    public let required: String

    init(_ observed: String, required: String) {
        // Longer than any value that is in order.
        self.observed = PayloadText.fit(observed, limit: 400)
        self.required = required
    }

    /// `observed; expected required`
    public var description: String { "\(observed); expected \(required)" }
}
