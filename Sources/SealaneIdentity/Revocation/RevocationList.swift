import FoundationEssentials

/// The certificates and instances that a fleet no longer accepts, signed by one of its authorities.
///
/// Of two lists of one authority, the one with the higher number is in force. Lists of different authorities are in
/// force together. A revoked instance is refused whatever certificate it presents.
package struct RevocationList: Hashable, Sendable {
    /// A certificate, by its serial number and the key of its issuer.
    package struct IssuedSerial: Hashable, Sendable, Comparable {
        package let serial: CertificateSerial
        package let issuer: KeyIdentifier

        package init(_ serial: CertificateSerial, issuer: KeyIdentifier) {
            self.serial = serial
            self.issuer = issuer
        }

        package static func < (left: Self, right: Self) -> Bool {
            (left.serial, left.issuer) < (right.serial, right.issuer)
        }
    }

    package let fleet: TrustDomain
    /// Numbers the authority's lists from 1.
    package let number: UInt64
    /// Whole seconds.
    package let issuedAt: Date
    /// Serial numbers of certificates that the authority or one below it issued, including its own. If no authority on
    /// a certificate's path could sign lists, the serial number applies whoever issued the certificate.
    package let serials: Set<CertificateSerial>
    package let issuedSerials: Set<IssuedSerial>
    /// Serial numbers of certificates of any issuer.
    package let anySerials: Set<CertificateSerial>
    /// Instance IDs.
    package let instances: Set<String>
    /// Identifies the key that signed the list.
    package let signer: KeyIdentifier
    /// The authority's name, for display. Empty if its certificate is not available.
    package let signerName: String
    /// An Ed25519 signature over everything else.
    let signature: [UInt8]

    /// Limits the size of a list's text.
    static var fileByteLimit: Int { 1 << 20 }
    static var signatureByteCount: Int { 64 }

    /// The content of a list, without the signature.
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
            throw IdentityProblem("the instance ID \"\(wrong)\"", required: "an ID that a certificate can contain")
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

    /// The list without these serial numbers and without a signature.
    func without(_ serials: Set<CertificateSerial>) -> RevocationList {
        var content = content
        content.serials.subtract(serials)
        return RevocationList(content, signature: [], signer: signer, signerName: signerName)
    }

    /// `list 7 of 2026-11-21T15:00:00Z`
    package var name: String { "list \(number) of \(issuedAt.text)" }
    /// `name` with the authority.
    package var title: String {
        "\(name) by \(signerName.isEmpty ? "the authority with the key" : "\(signerName), key") \(signer.short)"
    }

    /// Whether the list revokes the certificate by its serial number.
    ///
    /// - Parameters:
    ///   - authority: the certificate's authority, if it is a CA certificate.
    ///   - issuers: from the certificate's issuer up to the root; empty for a root.
    func revokes(
        _ certificate: CertificateFields, as authority: AuthorityCertificate? = nil, issuers: [AuthorityCertificate]
    ) -> Bool {
        let issuer = issuers.first?.keyIdentifier ?? certificate.key.identifier
        if anySerials.contains(certificate.serial)
            || issuedSerials.contains(IssuedSerial(certificate.serial, issuer: issuer))
        {
            return true
        }
        guard serials.contains(certificate.serial) else { return false }
        let entitled = issuers.isEmpty ? [authority].compactMap(\.self) : issuers
        return signer == certificate.key.identifier || entitled.contains { $0.keyIdentifier == signer }
            || !entitled.contains(where: \.canSignLists)
    }

    /// Why the instance of `certificate` is revoked; nil if it is not.
    func instanceRevocation(of certificate: IdentityCertificate) -> IdentityProblem? {
        guard let instance = certificate.uri[.instanceID], instances.contains(instance) else { return nil }
        return IdentityProblem(
            "the instance \(instance) is in \(name)", required: "an instance that is not in the revocation list")
    }

    /// Why a certificate of the list's own authority is revoked; nil if it is not.
    func revocation(of certificate: IdentityCertificate) -> IdentityProblem? {
        if revokes(certificate.serial) {
            return IdentityProblem(
                "the serial number \(certificate.serial) is in \(name)",
                required: "a certificate that is not in the revocation list")
        }
        return instanceRevocation(of: certificate)
    }

    /// Whether the certificate with this serial number, issued by the list's own authority, is revoked.
    package func revokes(_ serial: CertificateSerial) -> Bool {
        serials.contains(serial) || anySerials.contains(serial)
            || issuedSerials.contains(IssuedSerial(serial, issuer: signer))
    }

    /// Whether `certificate`, issued by the list's own authority, is revoked.
    package func revokes(_ certificate: IdentityCertificate) -> Bool { revocation(of: certificate) != nil }

    /// Whether the certificate of a ledger entry is revoked.
    package func revokes(_ entry: LedgerEntry) -> Bool {
        revokes(entry.serial) || entry.instance.map(instances.contains) == true
    }

    /// Throws unless this list may replace `current`: an older list of the same authority would undo revocations.
    package func checkReplaces(_ current: RevocationList) throws(IdentityProblem) {
        guard signer == current.signer, text != current.text else { return }
        guard number != current.number else {
            throw IdentityProblem(
                "a different \(title), but \(current.name) with the same number was in use here",
                required: "a list with a higher number")
        }
        guard number > current.number else {
            throw IdentityProblem(
                "\(title), but \(current.name) was in use here", required: "a list with a higher number")
        }
    }
}
