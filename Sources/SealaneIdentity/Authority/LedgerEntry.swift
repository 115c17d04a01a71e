import FoundationEssentials
import SealaneEligibility

/// One certificate that an authority issued.
public struct LedgerEntry: Codable, Hashable, Sendable {
    public let serial: CertificateSerial
    /// SHA-256 of the certificate, in hexadecimal.
    public let fingerprint: String
    /// Ed25519, in hexadecimal.
    public let publicKey: String
    public let issuedAt: Date
    /// Both moments belong to the validity.
    public let validFrom: Date
    public let validUntil: Date
    /// By fact name, each with its provenance.
    public let facts: [String: Fact<String>]
    public let addresses: [String]
    /// SHA-256, in hexadecimal, of the instance identity document that some facts come from.
    public let document: String?

    /// Facts that `document` does not contain have provenance `.stated`.
    init(_ certificate: IdentityCertificate, document: InstanceIdentityDocument?, issuedAt: Date) {
        serial = certificate.serial
        fingerprint = certificate.fingerprint.description
        publicKey = certificate.publicKey.hexadecimal
        self.issuedAt = issuedAt.wholeSeconds
        validFrom = certificate.validity.lowerBound
        validUntil = certificate.validity.upperBound
        let pairs = FactName.allCases.compactMap { name in
            certificate.uri[name].map { (name.rawValue, document?.facts.known(name) ?? Fact($0, .stated)) }
        }
        facts = Dictionary(uniqueKeysWithValues: pairs)
        addresses = certificate.addresses.map(\.description)
        self.document = document?.digest
    }

    /// The instance ID.
    public var instance: String? { facts[FactName.instanceID.rawValue]?.value }
}
