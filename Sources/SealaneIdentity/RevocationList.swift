import FoundationEssentials

/// Which certificates and instances a fleet no longer accepts, signed by an authority of its trust bundle.
///
/// A serial number is revoked whoever issued the certificate, an instance id whatever certificate it shows. Of two lists
/// the one with the greater number holds.
public struct RevocationList: Hashable, Sendable {
    public let fleet: TrustDomain
    /// Counts the fleet's lists from 1.
    public let number: UInt64
    /// Whole seconds.
    public let issuedAt: Date
    public let serials: Set<CertificateSerial>
    /// Instance ids.
    public let instances: Set<String>
    /// Ed25519, over everything else.
    let signature: [UInt8]

    /// What can be listed in a file of `fileByteLimit`.
    static var fileByteLimit: Int { 1 << 20 }
    static var signatureByteCount: Int { 64 }

    /// Signs a list.
    init(
        fleet: TrustDomain, number: UInt64, issuedAt: Date, serials: Set<CertificateSerial>, instances: Set<String>,
        key: IdentityKey
    ) throws(IdentityProblem) {
        if let wrong = instances.first(where: { !InstanceURI.isValue($0) }) {
            throw IdentityProblem("the instance id \"\(wrong)\"", required: "one that a certificate can carry")
        }
        self.fleet = fleet
        self.number = number
        self.issuedAt = issuedAt.wholeSeconds
        self.serials = serials
        self.instances = instances
        let body = Self.body(fleet, number, issuedAt.wholeSeconds, serials, instances)
        guard body.count + 2 * Self.signatureByteCount <= Self.fileByteLimit else {
            throw IdentityProblem("a list of \(body.count) bytes", required: "less than \(Self.fileByteLimit)")
        }
        signature = try key.signature(over: body)
    }

    init(
        fleet: TrustDomain, number: UInt64, issuedAt: Date, serials: Set<CertificateSerial>, instances: Set<String>,
        signature: [UInt8]
    ) {
        self.fleet = fleet
        self.number = number
        self.issuedAt = issuedAt
        self.serials = serials
        self.instances = instances
        self.signature = signature
    }

    /// What revokes `certificate`, if anything does.
    func revocation(of certificate: IdentityCertificate) -> IdentityProblem? {
        let list = "list \(number) of \(issuedAt.text)"
        let required = "a certificate that is not in the revocation list"
        if serials.contains(certificate.serial) {
            return IdentityProblem("the serial number \(certificate.serial) is in \(list)", required: required)
        }
        guard let instance = certificate.uri[.instanceID], instances.contains(instance) else { return nil }
        return IdentityProblem("the instance \(instance) is in \(list)", required: required)
    }

    /// Whether `certificate` is no longer accepted.
    public func revokes(_ certificate: IdentityCertificate) -> Bool { revocation(of: certificate) != nil }

    /// Whether the certificate of a ledger's entry is no longer accepted.
    public func revokes(_ entry: LedgerEntry) -> Bool {
        serials.contains(entry.serial) || entry.instance.map(instances.contains) == true
    }

    /// Throws unless this list may take the place of `current`: who brings an older one undoes revocations.
    public func checkReplaces(_ current: RevocationList) throws(IdentityProblem) {
        guard self != current else { return }
        guard number > current.number else {
            throw IdentityProblem(
                "list \(number) of \(issuedAt.text), while list \(current.number) of \(current.issuedAt.text) is in use",
                required: "a list with a greater number")
        }
    }
}
