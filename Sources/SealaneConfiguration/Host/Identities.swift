import FoundationEssentials
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

/// The files of a configuration's identity section: trust bundle, revocations, and this host's certificate.
package struct Identities: Sendable {
    /// Verifies peers. Nil: this host verifies no certificates.
    package var peers: VerifiedIdentityCache?
    /// Nil: the configuration names no list.
    package let revocations: Revocations?
    /// When the oldest list is older than the configuration allows. Nil: there is no list.
    package let listsStaleAfter: Date?
    /// The lists that were in force before. Nil: the configuration names no list.
    private var memory: RevocationMemory?
    /// Warnings about readable files.
    package let warnings: [String]
    /// Nil: this host presents no certificate.
    package let own: HostIdentity?
    /// This host's certificate, verified. Nil: there is none, or it was refused when it was read.
    private var ownIdentity: VerifiedIdentity?
    /// The configuration names a certificate file that does not exist yet: this host is being enrolled.
    package let isAwaitingCertificate: Bool

    /// Peers whose verified certificates are remembered, so that they cost nothing when sessions are renewed.
    private static var cacheCapacity: Int { 4096 }

    private static var ownSource: String { "this host's certificate" }

    /// Reads all files that `configuration` names. The certificate may be missing only where the agent makes the keys, and
    /// before there was one.
    ///
    /// - Parameter current: what it is to replace. Its results stay remembered while the same authorities and revocations
    ///   hold. An older revocation list than its own is refused, as is one that is older than those that the state
    ///   directory remembers.
    package init(
        _ configuration: Configuration, publicKey: PublicKey, replacing current: Identities? = nil
    ) throws(ConfigurationError) {
        guard let identity = configuration.identity else {
            (peers, own, isAwaitingCertificate) = (nil, nil, false)
            (revocations, listsStaleAfter, memory, warnings) = (nil, nil, nil, [])
            return
        }
        func located<Value>(
            _ key: String, _ read: () throws(IdentityError) -> Value
        ) throws(ConfigurationError) -> Value {
            do throws(IdentityError) { return try read() } catch {
                throw ConfigurationError(problems: [configuration.source.problem(at: "identity.\(key)", "\(error)")])
            }
        }
        let fleet: TrustDomain
        do throws(IdentityProblem) {
            fleet = try TrustDomain(fleet: configuration.fleetName)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "fleet.name", "\(error)")])
        }
        let trust = try located("trust-file") { () throws(IdentityError) in try TrustBundle.read(identity.trustFile) }
        var revocations: Revocations?
        var memory: RevocationMemory?
        if let path = identity.revocationsFile {
            (revocations, memory) = try located("revocations-file") { () throws(IdentityError) in
                let memory = try RevocationMemory(
                    stateDirectory: configuration.agent.stateDirectory, fleet: fleet
                ).including(current?.revocations)
                let lists = try Revocations.read(path, fleet: fleet, trust: trust, memory: memory, at: Date())
                return (lists, memory)
            }
        }
        let age = TimeInterval(identity.revocationsMaximumAge.components.seconds)
        let listsStaleAfter = revocations?.oldest?.issuedAt.addingTimeInterval(age)
        self.revocations = revocations
        self.memory = memory
        self.listsStaleAfter = listsStaleAfter
        warnings = trust.warnings + (revocations?.warnings ?? [])
        let verifier = IdentityVerifier(
            fleet: fleet, trust: trust, revocations: revocations?.lists ?? [],
            listsValidUntil: identity.refusesStaleRevocations ? listsStaleAfter : nil)
        var peers = current?.peers ?? VerifiedIdentityCache(verifier: verifier, capacity: Self.cacheCapacity)
        if peers.verifier != verifier { peers.verifier = verifier }
        self.peers = peers
        guard let files = identity.own else {
            (own, isAwaitingCertificate) = (nil, false)
            return
        }
        let mayWait = configuration.agent.generatesKeys && current?.own == nil
        do throws(IdentityError) {
            own = try HostIdentity.read(
                certificate: files.certificateFile, key: files.keyFile, staticKey: publicKey, fleet: fleet)
        } catch  where mayWait && error.meansNoSuchCertificate {
            own = nil
        } catch {
            let key = error.isAboutKey ? "key-file" : "certificate-file"
            throw ConfigurationError(problems: [configuration.source.problem(at: "identity.\(key)", "\(error)")])
        }
        isAwaitingCertificate = own == nil
        ownIdentity = own.flatMap { try? verifier.verify($0.certificate, at: Date(), source: Self.ownSource) }
    }

    /// Whether certificate, authorities and revocations are the same.
    package func areSame(as other: Identities) -> Bool {
        own == other.own && peers?.verifier == other.peers?.verifier && revocations == other.revocations
            && listsStaleAfter == other.listsStaleAfter && warnings == other.warnings
    }

    /// Saves the lists in force in the state directory. Waits for its disk for a limited time.
    package mutating func remember(by disk: DiskThread) throws(IdentityError) {
        guard let before = memory else { return }
        let lists = revocations?.entries.filter { $0.status == .current }.map(\.list) ?? []
        guard before.lacks(lists) else { return }
        let result: Result<RevocationMemory, IdentityError>
        do throws(SystemError) {
            result = try disk.run(before.path) {
                Result { () throws(IdentityError) -> RevocationMemory in
                    var next = before
                    try next.remember(lists)
                    return next
                }
            }
        } catch {
            throw .file(.revocationList, error)
        }
        memory = try result.get()
    }

    /// The claims of this host's handshakes. A host with a certificate claims only its interface's addresses.
    package func claims(of facts: Facts) throws(ClaimsError) -> [UInt8] {
        try Claims(of: own == nil ? facts : Facts(addresses: facts.addresses)).encoded
    }

    /// This host's half of every verdict: what is known of it, and its own certificate, which peers judge in the same way.
    package func localFacts(
        with hostFacts: LocalFacts, at now: Date
    ) -> (facts: LocalFacts, identity: VerifiedIdentity?) {
        guard let own, let verifier = peers?.verifier else { return (hostFacts, nil) }
        do throws(IdentityRefusal) {
            let identity =
                if let ownIdentity, ownIdentity.validity.contains(now) { ownIdentity } else {
                    try verifier.verify(own.certificate, at: now, source: Self.ownSource)
                }
            let stated = hostFacts.facts.addresses?.value ?? []
            let foreign = stated.filter { !own.certificate.addresses.contains($0.address) }
            let reasons = foreign.map { prefix in
                Reason(
                    code: .addressNotOwned, observed: "local address \(prefix.address)",
                    required: own.certificate.addresses.map(\.description).joined(separator: ", "),
                    source: "this host's certificate")
            }
            let facts = LocalFacts(
                stated: hostFacts.facts, proven: [identity.facts], reasons: hostFacts.reasons + reasons)
            return (facts, identity)
        } catch {
            return (LocalFacts(stated: hostFacts.facts, reasons: hostFacts.reasons + error.reasons), nil)
        }
    }
}

extension IdentityError {
    fileprivate var meansNoSuchCertificate: Bool {
        if case .file(.certificate, let error) = self { error.meansNoSuchFile } else { false }
    }

    fileprivate var isAboutKey: Bool {
        switch self {
        case .file(let expectation, _), .text(let expectation, _, _), .memory(let expectation, _):
            expectation == .identityKey
        case .content, .refused: false
        }
    }
}
