import FoundationEssentials
import SealaneEligibility

/// One certificate that an authority has issued.
public struct LedgerEntry: Codable, Hashable, Sendable {
    public let serial: CertificateSerial
    /// Of the certificate: SHA-256, hexadecimal.
    public let fingerprint: String
    /// Ed25519, hexadecimal.
    public let publicKey: String
    public let issuedAt: Date
    /// Both included.
    public let validFrom: Date
    public let validUntil: Date
    /// By the names of facts, each with what the authority knew it from.
    public let facts: [String: Fact<String>]
    public let addresses: [String]
    /// The SHA-256 of the instance identity document that facts are from, hexadecimal.
    public let document: String?

    /// What `document` does not say, an operator states.
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

    /// The instance's id.
    public var instance: String? { facts[FactName.instanceID.rawValue]?.value }
}
