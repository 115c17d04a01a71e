import SealaneControl
import SealaneIdentity

/// Whether an identity's certificate is valid now: `sealane identity verify --json`.
package struct CertificateVerdictReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// Absent: the certificate cannot be decoded, or its content breaks a rule.
    package var certificate: CertificateReport?
    package var verdict: VerdictReport
    /// The authorities from the issuer up to the root; absent: refused.
    package var authorities: [String]?

    /// - Parameter certificate: nil: it cannot be decoded.
    package init(_ certificate: IdentityCertificate?, _ outcome: Result<VerifiedIdentity, IdentityRefusal>) {
        self.certificate = certificate.map { CertificateReport($0) }
        switch outcome {
        case .success(let identity):
            verdict = VerdictReport(.eligible)
            authorities = identity.authorities
            self.certificate?.instance = InstanceReport(identity.facts)
        case .failure(let refusal): verdict = VerdictReport(.refused(refusal.reasons))
        }
    }
}
