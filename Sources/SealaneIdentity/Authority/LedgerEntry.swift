import FoundationEssentials
import SealaneEligibility

/// One certificate that an authority issued.
package struct LedgerEntry: Codable, Hashable, Sendable {
    package let serial: CertificateSerial
    /// SHA-256 of the certificate, in hexadecimal.
    package let fingerprint: String
    /// Ed25519, in hexadecimal.
    package let publicKey: String
    package let issuedAt: Date
    /// Both moments belong to the validity.
    package let validFrom: Date
    package let validUntil: Date
    /// By fact name, each with its provenance.
    package let facts: [String: Fact<String>]
    package let addresses: [String]
    /// SHA-256, in hexadecimal, of the instance identity document that some facts come from.
    package let document: String?

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
    package var instance: String? { facts[FactName.instanceID.rawValue]?.value }
}
