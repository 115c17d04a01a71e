import SealaneEligibility

/// Why an identity was refused.
package struct IdentityRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// All reasons that were found; never empty.
    package let reasons: [Reason]

    init(reasons: [Reason]) {
        self.reasons = reasons
    }

    /// For something that is not a certificate, or not the certificate of an identity.
    ///
    /// - Parameter source: the certificate, for reasons.
    package init(notInOrder problem: IdentityProblem, source: String) {
        self.init(reasons: [Reason(.certificateUntrusted, problem, source)])
    }

    package var description: String { reasons.map(\.description).joined(separator: "\n") }
}

extension Reason {
    init(_ code: ReasonCode, _ problem: IdentityProblem, _ source: String) {
        self.init(code: code, observed: problem.observed, required: problem.required, source: source)
    }
}
