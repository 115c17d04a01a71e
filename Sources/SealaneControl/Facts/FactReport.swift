import SealaneEligibility

/// A fact and its provenance.
package struct FactReport: Codable, Sendable, Equatable {
    package var value: String
    /// The provenance in words: `stated by operator`.
    package var source: Provenance

    package init(value: String, source: Provenance) {
        self.value = value
        self.source = source
    }
}
