import SealaneControl
import SealaneIdentity

/// Whether an identity's certificate passes now: `sealane identity verify --json`.
package struct CertificateVerdictReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// Absent: the certificate cannot be read, or breaks a rule of its own.
    package var certificate: CertificateReport?
    package var verdict: VerdictReport
    /// From the one that issued it up to the root; absent when refused.
    package var authorities: [String]?

    /// - Parameter certificate: nil: it is not in order.
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
