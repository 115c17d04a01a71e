import FoundationEssentials
import SealaneEligibility
import SealaneLinux

/// The directory of a certificate authority: its key `ca.key`, its certificate `ca.pem` for the hosts' trust bundles,
/// the ledger `ledger.jsonl` of every certificate issued, and `revoked`, the current revocation list, which starts
/// empty. Issuing and revoking lock the directory.
package struct AuthorityDirectory: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    package var certificatePath: String { path + "/ca.pem" }
    package var revocationsPath: String { path + "/revoked" }
    private var keyPath: String { path + "/ca.key" }
    private var ledgerPath: String { path + "/ledger.jsonl" }

    /// Creates the directory, accessible to its owner only, and a new authority in it. Throws if the directory already
    /// has an authority. Completes a creation that a crash interrupted.
    ///
    /// - Parameter instances: the instances that the first list revokes: those that an earlier authority revoked.
    package func create(
        fleet: TrustDomain, lifetime: TimeInterval = CertificateAuthority.rootLifetime,
        revoking instances: Set<String> = [], at now: Date,
        using random: inout some RandomNumberGenerator
    ) throws(IdentityError) -> CertificateAuthority {
        try onDisk { () throws(SystemError) in try Directory.create(path) }
        try checkIsFree()
        let ledger = try IssuanceLedger(ledgerPath, creating: true)
        defer { extendLifetime(ledger) }
        // Check again: the lock on the ledger excludes others who create an authority here.
        try checkIsFree()
        let key = try IdentityKeyFile.readOrCreate(keyPath, using: &random).key
        let authority = try validated(.authority) { () throws(IdentityProblem) in
            try CertificateAuthority(
                creatingRootOf: fleet, key: key, lifetime: lifetime, at: now, using: &random)
        }
        // Write the list before the certificate: an authority with a certificate always has a list.
        if try revocations(of: authority) == nil {
            let list = try validated(.revocationList) { () throws(IdentityProblem) in
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
                IdentityProblem("an authority already exists here", required: "another directory"))
        }
    }

    /// The authority in the directory.
    package func authority() throws(IdentityError) -> CertificateAuthority {
        let certificate = try AuthorityCertificate.read(certificatePath)
        let key = try IdentityKeyFile.read(keyPath)
        return try validated(.authority) { () throws(IdentityProblem) in
            try CertificateAuthority(certificate: certificate, key: key)
        }
    }

    /// The issued certificates, oldest first.
    package func entries() throws(IdentityError) -> [LedgerEntry] {
        // If there is no authority, report that instead of a missing ledger.
        _ = try authority()
        return try IssuanceLedger(ledgerPath).entries
    }

    /// The current revocation list, if there is one.
    package func revocations() throws(IdentityError) -> RevocationList? {
        try revocations(of: try authority())
    }

    /// Issues an identity as `CertificateAuthority.issue` does, after recording it in the ledger.
    ///
    /// At any time, only one key holds a valid identity of an instance or of an address, and only one key ever gets an
    /// identity for a document. Refuses another key unless `reissuing`. Always refuses a revoked instance. The same key
    /// may renew its identity.
    ///
    /// - Parameters:
    ///   - document: the verified instance identity document. Its facts override those of the request.
    ///   - maximumDocumentAge: since the instance's launch. A key that already has an identity for this document may
    ///     renew it at any age, because a running instance never gets a new document.
    package func sign(
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
            try requireNoOtherHolder(
                entry, requested: request.addresses.map(\.description), by: others.filter { now <= $0.validUntil })
            try requireUnused(document, in: ledger.entries.filter { $0.publicKey != entry.publicKey })
        }
        if let document, !earlier.contains(where: { $0.document == document.digest && $0.publicKey == entry.publicKey })
        {
            try requireFresh(document, maximumDocumentAge, at: now)
        }
        try ledger.record(entry)
        return certificate
    }

    /// - Parameters:
    ///   - requested: the addresses in the request. The private address in a document is unique only within its VPC, so
    ///     it is not compared.
    ///   - others: valid entries of other keys.
    private func requireNoOtherHolder(
        _ entry: LedgerEntry, requested: [String], by others: [LedgerEntry]
    ) throws(IdentityError) {
        if let holder = others.last(where: { $0.instance == entry.instance }) {
            throw .refused(
                IdentityProblem(
                    "another key holds an identity of \(holder.instance ?? "this instance") until "
                        + "\(holder.validUntil.text), serial number \(holder.serial)",
                    required: "the same key, or that identity revoked or expired, or --reissue"))
        }
        if let owner = others.last(where: { !Set($0.addresses).isDisjoint(with: requested) }) {
            let held = requested.filter(owner.addresses.contains).joined(separator: ", ")
            throw .refused(
                IdentityProblem(
                    "\(held) is in an identity of \(owner.instance ?? "another instance") until "
                        + "\(owner.validUntil.text), serial number \(owner.serial)",
                    required: "addresses that no other instance has, that identity revoked, or --reissue"))
        }
    }

    /// - Parameter others: every entry of other keys, revoked or not.
    private func requireUnused(
        _ document: InstanceIdentityDocument?, in others: [LedgerEntry]
    ) throws(IdentityError) {
        guard let document, let user = others.last(where: { $0.document == document.digest }) else { return }
        throw .refused(
            IdentityProblem(
                "another key used the document on \(user.issuedAt.text), serial number \(user.serial)",
                required: "the same key, a document of a later launch, or --reissue"))
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

    /// Makes a new revocation list the current one and returns it. The new list contains everything revoked before. If
    /// nothing is added, only its number and date change.
    ///
    /// - Parameters:
    ///   - serials: a serial number in the ledger, or the authority's own, refers to a certificate of this authority.
    ///     Any other is revoked whichever authority issued the certificate.
    ///   - issuedSerials: serial numbers of certificates of particular authorities.
    package func revoke(
        serials: Set<CertificateSerial> = [], issuedSerials: Set<RevocationList.IssuedSerial> = [],
        instances: Set<String> = [], at now: Date
    ) throws(IdentityError) -> RevocationList {
        let authority = try authority()
        // The lock excludes others who sign or revoke at the same time.
        let ledger = try IssuanceLedger(ledgerPath)
        defer { extendLifetime(ledger) }
        let current = try revocations(of: authority)
        let list = try validated(.revocationList) { () throws(IdentityProblem) in
            let known = Set(ledger.entries.map(\.serial) + [authority.certificate.serial])
            // Older versions of Sealane listed serial numbers of other authorities among this authority's own.
            let unknown = serials.union(current?.serials ?? []).subtracting(known)
            return try authority.revocationList(
                after: current?.without(unknown), revoking: serials.subtracting(unknown), issuedSerials: issuedSerials,
                anySerials: unknown, instances: instances, at: now)
        }
        try onDisk { () throws(SystemError) in try AtomicFile.write(revocationsPath, list.text, mode: 0o644) }
        return list
    }

    /// The current list, even if the authority has expired.
    private func revocations(of authority: CertificateAuthority) throws(IdentityError) -> RevocationList? {
        let text = try onDisk { () throws(SystemError) in
            try AtomicFile.read(revocationsPath, maximumByteCount: RevocationList.fileByteLimit)
        }
        guard let text else { return nil }
        do throws(IdentityProblem) {
            let unverified = try UnverifiedRevocationList(text, fleet: authority.fleet)
            guard let signer = unverified.signers(in: [authority.certificate]).first else {
                throw IdentityProblem(
                    "the signature is not by this authority",
                    required: "a list by \(authority.certificate.title)")
            }
            return unverified.list(by: signer)
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

    private func validated<Value>(
        _ expectation: IdentityError.Expectation, _ body: () throws(IdentityProblem) -> Value
    ) throws(IdentityError) -> Value {
        do {
            return try body()
        } catch {
            throw .content(expectation, source: path, line: nil, error)
        }
    }
}
