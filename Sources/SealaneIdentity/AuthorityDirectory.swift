import FoundationEssentials
import SealaneEligibility
import SealaneLinux

/// The directory of a certificate authority: `ca.key`, `ca.pem` for the hosts' trust bundles, `ledger.jsonl` of all that
/// was issued, and `revoked`, the revocation list in force, which is empty at first. Whoever issues or revokes has it
/// alone.
public struct AuthorityDirectory: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    public var certificatePath: String { path + "/ca.pem" }
    public var revocationsPath: String { path + "/revoked" }
    private var keyPath: String { path + "/ca.key" }
    private var ledgerPath: String { path + "/ledger.jsonl" }

    /// Makes the directory, for its owner alone if it is not there yet, and a new authority in it. An authority that is
    /// there already stays, and is an error. What a crash in between left is taken up.
    ///
    /// - Parameter instances: what its first list revokes: the instances that an authority before it has revoked.
    public func create(
        fleet: TrustDomain, lifetime: TimeInterval = CertificateAuthority.rootLifetime,
        revoking instances: Set<String> = [], at now: Date,
        using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> CertificateAuthority {
        try onDisk { () throws(SystemError) in try Directory.create(path) }
        try checkIsFree()
        let ledger = try IssuanceLedger(ledgerPath, creating: true)
        defer { extendLifetime(ledger) }
        // Again, now that whoever creates one in the same place is held off.
        try checkIsFree()
        let key = try IdentityKeyFile.readOrCreate(keyPath, using: &random).key
        let authority = try inOrder(.authority) { () throws(IdentityProblem) in
            try CertificateAuthority(
                creatingRootOf: fleet, key: key, lifetime: lifetime, at: now, using: &random)
        }
        // An authority that has a certificate has a list.
        if try revocations(of: authority) == nil {
            let list = try inOrder(.revocationList) { () throws(IdentityProblem) in
                try authority.revocationList(after: nil, instances: instances, at: now)
            }
            try onDisk { () throws(SystemError) in try AtomicFile.write(revocationsPath, list.text, mode: 0o644) }
        }
        try onDisk { () throws(SystemError) in
            try AtomicFile.write(certificatePath, authority.certificate.pem, mode: 0o644)
        }
        return authority
    }

    private func checkIsFree() throws(IdentityError) {
        let present = try onDisk { () throws(SystemError) in
            try AtomicFile.read(certificatePath, maximumByteCount: 1 << 20)
        }
        guard present == nil else {
            throw .content(
                .authority, source: path, line: nil,
                IdentityProblem("there is one already", required: "another directory"))
        }
    }

    /// The authority in the directory.
    public func authority() throws(IdentityError) -> CertificateAuthority {
        let certificate = try AuthorityCertificate.read(certificatePath)
        let key = try IdentityKeyFile.read(keyPath)
        return try inOrder(.authority) { () throws(IdentityProblem) in
            try CertificateAuthority(certificate: certificate, key: key)
        }
    }

    /// The certificates that were issued, in that order.
    public func entries() throws(IdentityError) -> [LedgerEntry] {
        // Where there is no authority, that is told, and not that its ledger is missing.
        _ = try authority()
        return try IssuanceLedger(ledgerPath).entries
    }

    /// The revocation list in force, if there is one.
    public func revocations() throws(IdentityError) -> RevocationList? {
        try revocations(of: try authority())
    }

    /// Issues an identity as `CertificateAuthority.issue` does, and records it first.
    ///
    /// One key at a time holds a valid identity of an instance or of an address, and one key ever an identity by one
    /// document. Refuses another key, unless `reissuing`, and a revoked instance in any case. The same key may renew.
    ///
    /// - Parameters:
    ///   - document: what AWS signed of the instance. Its facts take the place of the request's.
    ///   - maximumDocumentAge: since the instance's launch. The key that has an identity by this document may renew it at
    ///     any age: a running instance gets no other document.
    public func sign(
        _ request: SigningRequest, document: InstanceIdentityDocument? = nil,
        maximumDocumentAge: Duration = InstanceIdentityDocument.maximumAge,
        lifetime: TimeInterval = CertificateAuthority.identityLifetime, reissuing: Bool = false, at now: Date,
        using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> IdentityCertificate {
        let authority = try authority()
        var ledger = try IssuanceLedger(ledgerPath)
        let revocations = try revocations(of: authority)
        if revocations?.revokes(authority.certificate.serial) == true {
            throw .refused(
                IdentityProblem(
                    "the certificate of this authority, \(authority.certificate.serial), is revoked",
                    required: "another authority"))
        }
        let certificate: IdentityCertificate
        do throws(IdentityProblem) {
            certificate = try authority.issue(
                request, verified: document?.facts ?? Facts(), lifetime: lifetime, at: now, using: &random)
        } catch {
            throw .refused(error)
        }
        if let revocation = revocations?.revocation(of: certificate) { throw .refused(revocation) }
        let entry = LedgerEntry(certificate, document: document, issuedAt: now)
        let earlier = ledger.entries.filter { revocations?.revokes($0) != true }
        if !reissuing {
            let others = earlier.filter { $0.publicKey != entry.publicKey }
            try refuseHeld(
                entry, asked: request.addresses.map(\.description), by: others.filter { now <= $0.validUntil })
            try refuseUsed(document, in: ledger.entries.filter { $0.publicKey != entry.publicKey })
        }
        if let document, !earlier.contains(where: { $0.document == document.digest && $0.publicKey == entry.publicKey })
        {
            try requireFresh(document, maximumDocumentAge, at: now)
        }
        try ledger.record(entry)
        return certificate
    }

    /// - Parameters:
    ///   - asked: the addresses that the host asks for. The private address of a document is the instance's in its VPC alone,
    ///     and is not compared.
    ///   - others: what is valid of other keys.
    private func refuseHeld(
        _ entry: LedgerEntry, asked: [String], by others: [LedgerEntry]
    ) throws(IdentityError) {
        if let holder = others.last(where: { $0.instance == entry.instance }) {
            throw .refused(
                IdentityProblem(
                    "another key holds an identity of \(holder.instance ?? "this instance") until "
                        + "\(holder.validUntil.text), serial number \(holder.serial)",
                    required: "the same key, or that identity revoked or expired, or to be asked to reissue"))
        }
        if let owner = others.last(where: { !Set($0.addresses).isDisjoint(with: asked) }) {
            let taken = asked.filter(owner.addresses.contains).joined(separator: ", ")
            throw .refused(
                IdentityProblem(
                    "\(taken) is in an identity of \(owner.instance ?? "another instance") until "
                        + "\(owner.validUntil.text), serial number \(owner.serial)",
                    required: "addresses of no other instance, that identity revoked, or to be asked to reissue"))
        }
    }

    /// - Parameter others: all that was ever issued to other keys, revoked or not.
    private func refuseUsed(
        _ document: InstanceIdentityDocument?, in others: [LedgerEntry]
    ) throws(IdentityError) {
        guard let document, let user = others.last(where: { $0.document == document.digest }) else { return }
        throw .refused(
            IdentityProblem(
                "the document was used by another key on \(user.issuedAt.text), serial number \(user.serial)",
                required: "the same key, a document of a later launch, or to be asked to reissue"))
    }

    private func requireFresh(
        _ document: InstanceIdentityDocument, _ maximumAge: Duration, at now: Date
    ) throws(IdentityError) {
        do throws(InstanceIdentityDocumentError) {
            try document.requireFresh(at: now, maximumAge: maximumAge)
        } catch {
            throw .refused(IdentityProblem(error.observed, required: error.required))
        }
    }

    /// Puts a new revocation list in force, with all that was revoked before, and returns it. Where nothing more is
    /// revoked, it differs by its number and date.
    ///
    /// - Parameters:
    ///   - serials: those that are in the ledger, and the authority's own, are of certificates of this authority. Others
    ///     are revoked whoever issued the certificate.
    ///   - issuedSerials: of certificates of certain authorities.
    public func revoke(
        serials: Set<CertificateSerial> = [], issuedSerials: Set<RevocationList.IssuedSerial> = [],
        instances: Set<String> = [], at now: Date
    ) throws(IdentityError) -> RevocationList {
        let authority = try authority()
        // Holds off whoever signs or revokes at the same time.
        let ledger = try IssuanceLedger(ledgerPath)
        defer { extendLifetime(ledger) }
        let current = try revocations(of: authority)
        let list = try inOrder(.revocationList) { () throws(IdentityProblem) in
            let known = Set(ledger.entries.map(\.serial) + [authority.certificate.serial])
            // Lists of older versions have those of others among their own.
            let unknown = serials.union(current?.serials ?? []).subtracting(known)
            return try authority.revocationList(
                after: current?.without(unknown), revoking: serials.subtracting(unknown), issuedSerials: issuedSerials,
                anySerials: unknown, instances: instances, at: now)
        }
        try onDisk { () throws(SystemError) in try AtomicFile.write(revocationsPath, list.text, mode: 0o644) }
        return list
    }

    /// Of an authority that has expired as well.
    private func revocations(of authority: CertificateAuthority) throws(IdentityError) -> RevocationList? {
        let text = try onDisk { () throws(SystemError) in
            try AtomicFile.read(revocationsPath, maximumByteCount: RevocationList.fileByteLimit)
        }
        guard let text else { return nil }
        do throws(IdentityProblem) {
            let unsigned = try UnsignedList(text, fleet: authority.fleet)
            guard let signer = unsigned.signers(in: [authority.certificate]).first else {
                throw IdentityProblem(
                    "the signature is by no authority that is here",
                    required: "a list by \(authority.certificate.title)")
            }
            return unsigned.list(by: signer)
        } catch {
            throw .content(.revocationList, source: revocationsPath, line: nil, error)
        }
    }

    private func onDisk<Value>(_ body: () throws(SystemError) -> Value) throws(IdentityError) -> Value {
        do {
            return try body()
        } catch {
            throw .file(.authority, error)
        }
    }

    private func inOrder<Value>(
        _ expectation: IdentityError.Expectation, _ body: () throws(IdentityProblem) -> Value
    ) throws(IdentityError) -> Value {
        do {
            return try body()
        } catch {
            throw .content(expectation, source: path, line: nil, error)
        }
    }
}
