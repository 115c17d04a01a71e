import SealaneEligibility

/// The words by which a policy asks for proof of a peer's facts. What a peer's own agent reads from its instance metadata is
/// not among them: nobody else vouches for that.
extension Provenance {
    static var byPolicyWord: [(name: String, value: Provenance)] {
        [("stated", .stated), ("certificate", .certificate), ("signed-document", .signedDocument)]
    }

    /// Those by which this fact can be proven.
    static func policyWords(for name: FactName) -> String {
        byPolicyWord.filter { $0.value < .signedDocument || name.isSignedByAWS }.map(\.name).joined(separator: ", ")
    }
}

extension Policy {
    /// Whether there are facts that nothing but a certificate can bring.
    var asksForCertificates: Bool {
        requiresCertificate || leastProvenance.values.contains { $0 > .stated }
    }
}
