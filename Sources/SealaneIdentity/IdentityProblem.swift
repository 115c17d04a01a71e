import SealaneEligibility

/// A problem with a certificate, a request or a list: what was observed and what was required.
package struct IdentityProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line, safe for terminals and logs whatever it quotes.
    package let observed: String
    package let required: String

    init(_ observed: String, required: String) {
        // Longer than any valid value.
        self.observed = PayloadText.fit(observed, limit: 400)
        self.required = required
    }

    /// `observed; expected required`
    package var description: String { "\(observed); expected \(required)" }
}
