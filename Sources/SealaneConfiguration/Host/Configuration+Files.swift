import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

/// Checks of the files and directories that a configuration names. They change nothing.
extension Configuration {
    /// Reads every file that the agent reads at its start, and looks at the directories that it writes to.
    ///
    /// - Returns: a sentence on each file that this user may not read, or that the agent's first start creates.
    package func validateFiles() throws(ConfigurationError) -> [String] {
        var files = CheckedFiles(source: source)
        let ownKey = files.ownKey(of: agent)
        for (index, peer) in peers.enumerated() {
            guard let path = peer.presharedKeyFile else { continue }
            files.check(path, at: "peers[\(index)].preshared-key-file") { () throws(IdentityError) in
                _ = try PresharedKeyFile.read(path)
            }
        }
        if let ownKey { files.gather { () throws(ConfigurationError) in try validate(ownKey: ownKey) } }
        files.checkIdentity(of: self, ownKey: ownKey)
        if let topology, files.canRead(topology.file) {
            files.gather { () throws(ConfigurationError) in _ = try RouteWitness(self) }
        }
        files.checkDirectory(of: "agent.state-directory") { () throws(SystemError) in
            try Directory.check(agent.stateDirectory)
        }
        files.checkDirectory(of: "agent.control-socket") { () throws(SystemError) in
            try SocketPlace.check(agent.controlSocket)
        }
        if let auditLogPath {
            files.checkDirectory(of: "audit-log.path") { () throws(SystemError) in try AppendFile.check(auditLogPath) }
        }
        guard files.problems.isEmpty else { throw ConfigurationError(problems: files.problems) }
        return files.notes
    }
}

/// What checks of files have found.
private struct CheckedFiles {
    let source: ConfigurationSource
    var problems: [ConfigurationProblem] = []
    var notes: [String] = []

    init(source: ConfigurationSource) {
        self.source = source
    }

    mutating func gather(_ check: () throws(ConfigurationError) -> Void) {
        do throws(ConfigurationError) { try check() } catch { problems += error.problems }
    }

    /// - Parameter key: the configuration's key that names the file.
    mutating func check(_ path: String, at key: String, _ read: () throws(IdentityError) -> Void) {
        do throws(IdentityError) { try read() } catch {
            if case .file(_, let reason) = error, reason.meansDenied { return noteUnread(path) }
            problems.append(source.problem(at: key, "\(error)"))
        }
    }

    mutating func checkDirectory(of key: String, _ check: () throws(SystemError) -> Void) {
        do throws(SystemError) { try check() } catch {
            if error.meansDenied { return noteUnread(error.subject) }
            problems.append(source.problem(at: key, "\(error)"))
        }
    }

    private mutating func noteUnread(_ path: String) {
        notes.append("\(path) was not checked: this user may not read it; run the check as the user of the agent")
    }

    /// Whether the kernel lets this user read the file, or there is none.
    mutating func canRead(_ path: String) -> Bool {
        guard AtomicFile.isDenied(path) else { return true }
        noteUnread(path)
        return false
    }

    /// The public key of the private key's file; nil: it cannot be read, or there is no file.
    mutating func ownKey(of agent: Configuration.Agent) -> PublicKey? {
        guard let path = agent.privateKeyFile else { return nil }
        var key: PublicKey?
        var isAwaited = false
        check(path, at: "agent.private-key-file") { () throws(IdentityError) in
            do throws(IdentityError) {
                key = try PrivateKeyFile.read(path).publicKey
            } catch  where error.meansNoSuchFile && agent.generatesKeys {
                isAwaited = true
            }
        }
        if isAwaited { notes.append("\(path) does not exist yet: the agent's first start creates it") }
        return key
    }

    /// Reads the identity section's files.
    mutating func checkIdentity(of configuration: Configuration, ownKey: PublicKey?) {
        guard let identity = configuration.identity else { return }
        let memory = RevocationMemory.path(inStateDirectory: configuration.agent.stateDirectory)
        let paths = [
            identity.trustFile, identity.revocationsFile, identity.revocationsFile.map { _ in memory },
            identity.own?.certificateFile, identity.own?.keyFile,
        ].compactMap(\.self)
        // All of them, so that each unreadable file has its note.
        guard paths.filter({ canRead($0) }).count == paths.count else { return }
        // Nobody sees the signature over the static key, so any key will do.
        var random = SystemRandomNumberGenerator()
        guard let publicKey = ownKey ?? (try? PrivateKey(drawnFrom: &random).publicKey) else { return }
        do throws(ConfigurationError) {
            let identities = try Identities(configuration, publicKey: publicKey)
            notes += identities.warnings
            if identities.isAwaitingCertificate, let path = identity.own?.certificateFile {
                notes.append("\(path) does not exist yet: peers that require a certificate refuse this host")
            }
        } catch {
            problems += error.problems
        }
    }
}
