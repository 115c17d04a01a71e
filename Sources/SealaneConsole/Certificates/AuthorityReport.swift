import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneIdentity

/// A certificate authority and its issued certificates: `sealane ca show --json`, `sealane ca create --json`.
package struct AuthorityReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var fleet: String
    package var subject: String
    /// Both bounds are included.
    package var validFrom: Date
    package var validUntil: Date
    /// SHA-256 of the root's certificate, hexadecimal.
    package var fingerprint: String
    /// The identifier of the authority's key, hexadecimal. It distinguishes authorities of the same name.
    package var key: String
    /// The path of the root's certificate, which hosts trust.
    package var certificate: String
    /// The list in force; absent: an older version created the authority, and it has no list.
    package var revocations: RevocationReport?
    /// In the order in which they were issued.
    package var issued: [IssuedReport]

    package struct RevocationReport: Codable, Sendable, Equatable {
        package var number: UInt64
        package var issuedAt: Date
        /// In ascending order.
        package var serials: [String]
        /// Revoked serial numbers of other issuers; absent: none.
        package var issuedSerials: [IssuedSerial]?
        package var instances: [String]

        package struct IssuedSerial: Codable, Sendable, Equatable {
            package var serial: String
            /// The identifier of the issuer's key, or `any`.
            package var issuer: String
        }

        init(_ list: RevocationList) {
            number = list.number
            issuedAt = list.issuedAt
            serials = list.serials.sorted().map(\.description)
            let issued =
                list.issuedSerials.sorted().map {
                    IssuedSerial(serial: $0.serial.description, issuer: $0.issuer.description)
                } + list.anySerials.sorted().map { IssuedSerial(serial: $0.description, issuer: "any") }
            issuedSerials = issued.isEmpty ? nil : issued
            instances = list.instances.sorted()
        }
    }

    package struct IssuedReport: Codable, Sendable, Equatable {
        package enum State: String, Codable, Sendable, CaseIterable {
            case valid, revoked, expired
        }

        package var serial: String
        package var state: State
        /// Each fact with the provenance that the authority knew.
        package var instance: InstanceReport
        package var addresses: [String]
        package var issuedAt: Date
        package var validUntil: Date
        /// SHA-256 of the certificate, hexadecimal.
        package var fingerprint: String
        /// SHA-256 of the instance identity document from which facts come; absent: none.
        package var document: String?

        init(_ entry: LedgerEntry, _ revocations: RevocationList?, at now: Date) {
            var facts = Facts()
            for name in FactName.allCases { facts[name] = entry.facts[name.rawValue] }
            let isRevoked = revocations?.revokes(entry) == true
            serial = entry.serial.description
            state = now > entry.validUntil ? .expired : isRevoked ? .revoked : .valid
            instance = InstanceReport(facts)
            addresses = entry.addresses
            issuedAt = entry.issuedAt
            validUntil = entry.validUntil
            fingerprint = entry.fingerprint
            document = entry.document
        }
    }

    /// Reads `directory`.
    package init(_ directory: AuthorityDirectory, at now: Date) throws(IdentityError) {
        let authority = try directory.authority()
        let revocations = try directory.revocations()
        fleet = authority.fleet.description
        subject = authority.certificate.subject
        validFrom = authority.certificate.validity.lowerBound
        validUntil = authority.certificate.validity.upperBound
        fingerprint = authority.certificate.fingerprint.description
        key = authority.certificate.keyIdentifier.description
        certificate = directory.certificatePath
        self.revocations = revocations.map(RevocationReport.init)
        issued = try directory.entries().map { IssuedReport($0, revocations, at: now) }
    }
}
