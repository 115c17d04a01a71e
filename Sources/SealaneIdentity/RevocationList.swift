import FoundationEssentials

/// Which certificates and instances a fleet no longer accepts, signed by one of its authorities.
///
/// Of two lists of one authority the one with the greater number holds; those of several authorities hold beside each
/// other. An instance id is revoked whatever certificate it shows.
public struct RevocationList: Hashable, Sendable {
    /// A certificate by its serial number and the key of the authority that issued it.
    public struct IssuedSerial: Hashable, Sendable, Comparable {
        public let serial: CertificateSerial
        public let issuer: KeyIdentifier

        public init(_ serial: CertificateSerial, issuer: KeyIdentifier) {
            self.serial = serial
            self.issuer = issuer
        }

        public static func < (left: Self, right: Self) -> Bool {
            (left.serial, left.issuer) < (right.serial, right.issuer)
        }
    }

    public let fleet: TrustDomain
    /// Counts the authority's lists from 1.
    public let number: UInt64
    /// Whole seconds.
    public let issuedAt: Date
    /// Of certificates that the authority itself, or one below it, has issued, its own included. Where nobody who could
    /// sign a list vouches for a certificate, whoever issued it.
    public let serials: Set<CertificateSerial>
    public let issuedSerials: Set<IssuedSerial>
    /// Whoever issued the certificate.
    public let anySerials: Set<CertificateSerial>
    /// Instance ids.
    public let instances: Set<String>
    /// The key that signed it.
    public let signer: KeyIdentifier
    /// What the authority is called, as text for people. Empty: its certificate is not there.
    public let signerName: String
    /// Ed25519, over everything else.
    let signature: [UInt8]

    /// What can be listed in a file of `fileByteLimit`.
    static var fileByteLimit: Int { 1 << 20 }
    static var signatureByteCount: Int { 64 }

    /// What a list says, before it is signed.
    struct Content: Hashable, Sendable {
        var fleet: TrustDomain
        var number: UInt64
        var issuedAt: Date
        var serials: Set<CertificateSerial> = []
        var issuedSerials: Set<IssuedSerial> = []
        var anySerials: Set<CertificateSerial> = []
        var instances: Set<String> = []
    }

    var content: Content {
        Content(
            fleet: fleet, number: number, issuedAt: issuedAt, serials: serials, issuedSerials: issuedSerials,
            anySerials: anySerials, instances: instances)
    }

    /// Signs a list with the key of `authority`.
    init(_ content: Content, by authority: AuthorityCertificate, key: IdentityKey) throws(IdentityProblem) {
        if let wrong = content.instances.first(where: { !InstanceURI.isValue($0) }) {
            throw IdentityProblem("the instance id \"\(wrong)\"", required: "one that a certificate can carry")
        }
        var content = content
        content.issuedAt = content.issuedAt.wholeSeconds
        let body = Self.body(content)
        guard body.count + 2 * Self.signatureByteCount <= Self.fileByteLimit else {
            throw IdentityProblem("a list of \(body.count) bytes", required: "less than \(Self.fileByteLimit)")
        }
        self.init(
            content, signature: try key.signature(over: body), signer: authority.keyIdentifier,
            signerName: authority.subject)
    }

    init(_ content: Content, signature: [UInt8], signer: KeyIdentifier, signerName: String) {
        fleet = content.fleet
        number = content.number
        issuedAt = content.issuedAt
        serials = content.serials
        issuedSerials = content.issuedSerials
        anySerials = content.anySerials
        instances = content.instances
        self.signer = signer
        self.signerName = signerName
        self.signature = signature
    }

    /// What it says but for these serial numbers, unsigned.
    func without(_ serials: Set<CertificateSerial>) -> RevocationList {
        var content = content
        content.serials.subtract(serials)
        return RevocationList(content, signature: [], signer: signer, signerName: signerName)
    }

    /// `list 7 of 2026-11-21T15:00:00Z`
    public var name: String { "list \(number) of \(issuedAt.text)" }
    /// The same, with its authority.
    public var title: String {
        "\(name) by \(signerName.isEmpty ? "the authority with the key" : "\(signerName), key") \(signer.short)"
    }

    /// Whether the certificate is in the list by its serial number.
    ///
    /// - Parameters:
    ///   - itself: the certificate, if it is an authority's.
    ///   - issuers: from the one that issued it up to the root; none of a root.
    func revokes(
        _ certificate: CertificateFields, itself: AuthorityCertificate? = nil, issuers: [AuthorityCertificate]
    ) -> Bool {
        let issuer = issuers.first?.keyIdentifier ?? certificate.key.identifier
        if anySerials.contains(certificate.serial)
            || issuedSerials.contains(IssuedSerial(certificate.serial, issuer: issuer))
        {
            return true
        }
        guard serials.contains(certificate.serial) else { return false }
        let entitled = issuers.isEmpty ? [itself].compactMap(\.self) : issuers
        return signer == certificate.key.identifier || entitled.contains { $0.keyIdentifier == signer }
            || !entitled.contains(where: \.canSignLists)
    }

    /// What revokes the instance of `certificate`, if anything does.
    func instanceRevocation(of certificate: IdentityCertificate) -> IdentityProblem? {
        guard let instance = certificate.uri[.instanceID], instances.contains(instance) else { return nil }
        return IdentityProblem(
            "the instance \(instance) is in \(name)", required: "an instance that is not in the revocation list")
    }

    /// What revokes a certificate that the list's own authority has issued, if anything does.
    func revocation(of certificate: IdentityCertificate) -> IdentityProblem? {
        if revokes(certificate.serial) {
            return IdentityProblem(
                "the serial number \(certificate.serial) is in \(name)",
                required: "a certificate that is not in the revocation list")
        }
        return instanceRevocation(of: certificate)
    }

    /// Whether a certificate with this serial number that the list's own authority has issued is no longer accepted.
    public func revokes(_ serial: CertificateSerial) -> Bool {
        serials.contains(serial) || anySerials.contains(serial)
            || issuedSerials.contains(IssuedSerial(serial, issuer: signer))
    }

    /// Whether `certificate`, which the list's own authority has issued, is no longer accepted.
    public func revokes(_ certificate: IdentityCertificate) -> Bool { revocation(of: certificate) != nil }

    /// Whether the certificate of a ledger's entry is no longer accepted.
    public func revokes(_ entry: LedgerEntry) -> Bool {
        revokes(entry.serial) || entry.instance.map(instances.contains) == true
    }

    /// Throws unless this list may take the place of `current`: an older one of the same authority undoes revocations.
    public func checkReplaces(_ current: RevocationList) throws(IdentityProblem) {
        guard signer == current.signer, text != current.text else { return }
        guard number != current.number else {
            throw IdentityProblem(
                "another \(title), while \(current.name) with the same number was in use here",
                required: "a list with a greater number")
        }
        guard number > current.number else {
            throw IdentityProblem(
                "\(title), while \(current.name) was in use here", required: "a list with a greater number")
        }
    }
}
