import Logging
import SealaneConfiguration
import SealaneControl
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The peers of an agent: those that the configuration names, and those added by hand. Where the two contradict each
/// other the configuration holds, and the other is left out until one of them is changed.
struct Roster: Sendable {
    struct Member: Sendable {
        let definition: PeerDefinition
        let origin: PeerReport.Origin
        let presharedKey: PresharedKey?

        func isSameSecret(as other: Self) -> Bool {
            switch (presharedKey, other.presharedKey) {
            case (nil, nil): true
            case (let mine?, let theirs?): mine.isEqual(to: theirs)
            default: false
            }
        }
    }

    /// A peer that was added by hand and is not in use.
    struct LeftOut: Sendable {
        let name: String
        let why: String
    }

    private var configured: [Member]
    private var added: [PeerDefinition]
    /// Of added peers, by name. A key that was read once stays in force, whatever becomes of its file.
    private var addedKeys: [String: PresharedKey] = [:]
    private let file: PeerFile
    /// Writes to the state directory, for a caller that does not wait for ever.
    let disk: DiskThread
    private let listen: Endpoint
    private let ownAddresses: [IPPrefix]
    private let ownKey: PublicKey

    /// Reads the pre-shared keys of `configuration` and the peers that were added by hand.
    ///
    /// - Parameter publicKey: this host's own.
    init(_ configuration: Configuration, publicKey: PublicKey, logger: Logger) throws {
        ownKey = publicKey
        file = PeerFile(inStateDirectory: configuration.agent.stateDirectory)
        disk = DiskThread(name: "sealane-disk", patience: .seconds(3))
        listen = configuration.agent.listen
        ownAddresses = configuration.agent.addresses
        configured = []
        added = try file.read()
        take(try readKeys(configuration, logger: logger))
    }

    /// A configuration's peers, and the pre-shared keys of all, as their files have them now.
    struct Keys: Sendable {
        fileprivate let configured: [Member]
        fileprivate let added: [(peer: PeerDefinition, key: PresharedKey?)]
    }

    /// Reads the pre-shared keys of `configuration` and of the peers that were added by hand.
    func readKeys(_ configuration: Configuration, logger: Logger) throws(ConfigurationError) -> Keys {
        try configuration.validate(ownKey: ownKey)
        let configured = try Self.members(of: configuration)
        var keys: [(peer: PeerDefinition, key: PresharedKey?)] = []
        for peer in added {
            do throws(IdentityError) {
                keys.append((peer, try Self.presharedKey(of: peer)))
            } catch {
                logger.warning(
                    "pre-shared key not read", metadata: ["peer": "\(peer.name)", "why": "\(error)"])
            }
        }
        return Keys(configured: configured, added: keys)
    }

    /// All that are named, in force or left out.
    var definitions: [PeerDefinition] { configured.map(\.definition) + added }

    /// The peers in force, and those that are not.
    func members() -> (members: [Member], leftOut: [LeftOut]) {
        var members = configured
        let definitions = definitions
        var leftOut: [LeftOut] = []
        var conflictByPeer: [Int: PeerConflict] = [:]
        let conflicts = PeerConflict.all(
            among: definitions, listen: listen, ownAddresses: ownAddresses, ownKey: ownKey)
        for conflict in conflicts {
            conflictByPeer[conflict.peer] = conflictByPeer[conflict.peer] ?? conflict
            // The endpoint of one peer inside the prefix of another: the one that was added by hand is left out.
            if conflict.peer < configured.count, case .peer(let other, .address) = conflict.opponent {
                conflictByPeer[other] = conflictByPeer[other] ?? conflict
            }
        }
        for (index, peer) in added.enumerated() {
            if let conflict = conflictByPeer[configured.count + index] {
                leftOut.append(LeftOut(name: peer.name, why: "\(conflict)"))
                continue
            }
            guard peer.presharedKeyFile == nil || addedKeys[peer.name] != nil else {
                leftOut.append(LeftOut(name: peer.name, why: "its pre-shared key could not be read"))
                continue
            }
            members.append(Member(definition: peer, origin: .added, presharedKey: addedKeys[peer.name]))
        }
        return (members, leftOut)
    }

    /// The keys of all peers, also of those that are left out.
    var publicKeys: Set<PublicKey> {
        Set(configured.map(\.definition.publicKey)).union(added.map(\.publicKey))
    }

    /// The overlay prefixes of all peers, also of those that are left out: their packets do not leave in the clear either.
    var prefixes: [String] {
        definitions.flatMap(\.addresses).map { "\($0)" }
    }

    /// Takes over a new configuration's peers, and pre-shared keys that were read anew. What was added, changed or removed by
    /// hand meanwhile stays as it is.
    mutating func take(_ keys: Keys) {
        configured = keys.configured
        let current = Dictionary(added.map { ($0.name, $0) }) { first, _ in first }
        for (peer, key) in keys.added where current[peer.name] == peer { addedKeys[peer.name] = key }
    }

    /// Names of the peers of both whose pre-shared key is another.
    func peersWithOtherSecret(than before: Roster) -> [String] {
        let old = Dictionary(before.members().members.map { ($0.definition.name, $0) }) { first, _ in first }
        return members().members.compactMap { member in
            guard let known = old[member.definition.name] else { return nil }
            return known.isSameSecret(as: member) ? nil : member.definition.name
        }
    }

    /// Adds a peer by hand; on the disk when it returns. False: the very same peer is there already.
    mutating func add(_ peer: PeerDefinition) throws(ControlError) -> Bool {
        let others = added.filter { $0 != peer }
        let definitions = configured.map(\.definition) + others + [peer]
        let conflicts = PeerConflict.all(
            among: definitions, listen: listen, ownAddresses: ownAddresses, ownKey: ownKey)
        if let conflict = conflicts.first(where: { $0.concerns(peer: definitions.count - 1) }) {
            throw ControlError(.conflict, "peer \(peer.name): \(conflict)")
        }
        if let problem = PeerConflict.reachProblem(of: peer, listen: listen) {
            throw ControlError(.conflict, "peer \(peer.name): \(problem)")
        }
        let key = try presharedKeyInTime(of: peer)
        if others.count < added.count, peer.presharedKeyFile == nil || addedKeys[peer.name] != nil { return false }
        try change { (file) throws(PeerFileError) in try file.add(peer) }
        added = others + [peer]
        addedKeys[peer.name] = key
        return true
    }

    /// Whether a peer of this name was added by hand.
    func hasAdded(_ name: String) -> Bool {
        added.contains { $0.name == name }
    }

    /// Removes a peer that was added by hand; on the disk when it returns.
    mutating func remove(named name: String) throws(ControlError) {
        // The file may lack it already, where an earlier removal was not waited for.
        let wasAdded = hasAdded(name)
        let isRemoved = try change { (file) throws(PeerFileError) in try file.remove(named: name) }
        added.removeAll { $0.name == name }
        addedKeys[name] = nil
        if isRemoved || wasAdded { return }
        if configured.contains(where: { $0.definition.name == name }) {
            throw ControlError(
                .conflict, "peer \(name) is named by the configuration; remove it there, then: sealane reload")
        }
        throw ControlError(.notFound, "there is no peer \(OperatorText.quoted(name))")
    }

    /// Changes the file. Throws as well if its disk does not answer in time; then the change may be made later.
    private func change<Value: Sendable>(
        _ body: @escaping @Sendable (PeerFile) throws(PeerFileError) -> Value
    ) throws(ControlError) -> Value {
        let result: Result<Value, PeerFileError>
        do throws(SystemError) {
            result = try disk.run(file.path) { [file] in
                Result { () throws(PeerFileError) -> Value in try body(file) }
            }
        } catch {
            throw ControlError(
                .internal,
                "peer file: \(error); the change may still be made, and is then in force from the next start on: once the "
                    + "file system answers, repeat it, or undo it")
        }
        do throws(PeerFileError) { return try result.get() } catch { throw ControlError(.internal, "\(error)") }
    }

    private static func members(of configuration: Configuration) throws(ConfigurationError) -> [Member] {
        var members: [Member] = []
        var problems: [ConfigurationProblem] = []
        for (index, peer) in configuration.peers.enumerated() {
            do throws(IdentityError) {
                members.append(Member(definition: peer, origin: .config, presharedKey: try presharedKey(of: peer)))
            } catch {
                problems.append(configuration.source.problem(at: "peers[\(index)].preshared-key-file", "\(error)"))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return members
    }

    /// Throws as well if the key's file system does not answer in time.
    private func presharedKeyInTime(of peer: PeerDefinition) throws(ControlError) -> PresharedKey? {
        guard let path = peer.presharedKeyFile else { return nil }
        let result: Result<PresharedKey?, IdentityError>
        do throws(SystemError) {
            result = try disk.run(path) {
                Result { () throws(IdentityError) -> PresharedKey? in try Self.presharedKey(of: peer) }
            }
        } catch {
            throw ControlError(.internal, "peer \(peer.name): \(error)")
        }
        do throws(IdentityError) { return try result.get() } catch {
            throw ControlError(.badRequest, "peer \(peer.name): \(error)")
        }
    }

    private static func presharedKey(of peer: PeerDefinition) throws(IdentityError) -> PresharedKey? {
        guard let path = peer.presharedKeyFile else { return nil }
        return try PresharedKeyFile.read(path)
    }
}
