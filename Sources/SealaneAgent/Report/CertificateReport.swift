import FoundationEssentials
import SealaneIdentity

/// An identity's certificate as it reads, whoever vouches for it: `sealane identity show --json`.
public struct CertificateReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var fleet: String
    /// The SPIFFE URI.
    public var uri: String
    public var instance: InstanceReport
    public var addresses: [String]
    /// Both included.
    public var validFrom: Date
    public var validUntil: Date
    public var issuer: String
    /// Hexadecimal.
    public var serial: String
    /// SHA-256 of the certificate, hexadecimal.
    public var fingerprint: String
    /// The size of its DER.
    public var byteCount: Int

    public init(_ certificate: IdentityCertificate) {
        fleet = certificate.uri.trustDomain.description
        uri = certificate.uri.description
        instance = InstanceReport(certificate.facts)
        addresses = certificate.addresses.map(\.description)
        validFrom = certificate.validity.lowerBound
        validUntil = certificate.validity.upperBound
        issuer = certificate.issuer
        serial = certificate.serial.description
        fingerprint = certificate.fingerprint.description
        byteCount = certificate.der.count
    }
}

/// Whether an identity's certificate passes now: `sealane identity verify --json`.
public struct CertificateVerdictReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    /// Absent: the certificate cannot be read, or breaks a rule of its own.
    public var certificate: CertificateReport?
    public var verdict: VerdictReport
    /// From the one that issued it up to the root; absent when refused.
    public var authorities: [String]?

    /// - Parameter certificate: nil: it is not in order.
    public init(_ certificate: IdentityCertificate?, _ outcome: Result<VerifiedIdentity, IdentityRefusal>) {
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
