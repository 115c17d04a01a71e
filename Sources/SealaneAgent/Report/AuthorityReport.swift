import FoundationEssentials
import SealaneEligibility
import SealaneIdentity

/// A certificate authority and what it has issued: `sealane ca show --json`, `sealane ca create --json`.
public struct AuthorityReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var fleet: String
    public var subject: String
    /// Both included.
    public var validFrom: Date
    public var validUntil: Date
    /// SHA-256 of the root's certificate, hexadecimal.
    public var fingerprint: String
    /// The identifier of the authority's key, hexadecimal: what tells it apart from others of its name.
    public var key: String
    /// The path of the root's certificate: what hosts trust.
    public var certificate: String
    /// The list in force; absent if there is none, as with authorities that older versions made.
    public var revocations: RevocationReport?
    /// In the order in which they were issued.
    public var issued: [IssuedReport]

    public struct RevocationReport: Codable, Sendable, Equatable {
        public var number: UInt64
        public var issuedAt: Date
        /// In ascending order.
        public var serials: [String]
        /// Those that the authority has not issued; absent: none.
        public var issuedSerials: [IssuedSerial]?
        public var instances: [String]

        public struct IssuedSerial: Codable, Sendable, Equatable {
            public var serial: String
            /// The identifier of the issuer's key, or `any`.
            public var issuer: String
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

    public struct IssuedReport: Codable, Sendable, Equatable {
        public enum State: String, Codable, Sendable, CaseIterable {
            case valid, revoked, expired
        }

        public var serial: String
        public var state: State
        /// Each fact with what the authority knew it from.
        public var instance: InstanceReport
        public var addresses: [String]
        public var issuedAt: Date
        public var validUntil: Date
        /// SHA-256 of the certificate, hexadecimal.
        public var fingerprint: String
        /// SHA-256 of the instance identity document that facts are from, if any are.
        public var document: String?

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

    /// Reads what `directory` holds.
    public init(_ directory: AuthorityDirectory, at now: Date) throws(IdentityError) {
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
