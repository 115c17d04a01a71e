import FoundationEssentials
import SealaneIdentity

/// The content of an identity's certificate, whether or not it is valid: `sealane identity show --json`.
package struct CertificateReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var fleet: String
    /// The SPIFFE URI.
    package var uri: String
    package var instance: InstanceReport
    package var addresses: [String]
    /// Both bounds are included.
    package var validFrom: Date
    package var validUntil: Date
    package var issuer: String
    /// Hexadecimal.
    package var serial: String
    /// SHA-256 of the certificate, hexadecimal.
    package var fingerprint: String
    /// The size in DER.
    package var byteCount: Int

    package init(_ certificate: IdentityCertificate) {
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
