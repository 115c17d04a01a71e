import SealaneEligibility

/// The words by which a policy asks for proof of a peer's facts. Instance metadata is not among them: a peer's own
/// agent reads it, and nobody else vouches for it.
extension Provenance {
    static var byPolicyWord: [(name: String, value: Provenance)] {
        [("stated", .stated), ("certificate", .certificate), ("signed-document", .signedDocument)]
    }

    /// The words for the proofs of this fact.
    static func policyWords(for name: FactName) -> String {
        byPolicyWord.filter { $0.value < .signedDocument || name.isSignedByAWS }.map(\.name).joined(separator: ", ")
    }
}

extension Policy {
    /// Whether some fact can only come from a certificate.
    var asksForCertificates: Bool {
        requiresCertificate || leastProvenance.values.contains { $0 > .stated }
    }
}
