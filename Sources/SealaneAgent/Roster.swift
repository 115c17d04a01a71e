import Logging
import SealaneFleet
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// The peers of an agent: those that the configuration names, and those added by hand. Where the two contradict each
/// other the configuration holds, and the other is left out until one of them is changed.
struct Roster {
    struct Member {
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
    private let listen: Endpoint
    private let ownAddresses: [IPPrefix]

    /// Reads the pre-shared keys of `configuration` and the peers that were added by hand.
    init(_ configuration: Configuration, logger: Logger) throws {
        file = PeerFile(inStateDirectory: configuration.agent.stateDirectory)
        listen = configuration.agent.listen
        ownAddresses = configuration.agent.addresses
        configured = try Self.members(of: configuration)
        added = try file.read()
        readAddedKeys(logger)
    }

    private mutating func readAddedKeys(_ logger: Logger) {
        for peer in added {
            do throws(IdentityError) {
                addedKeys[peer.name] = try Self.presharedKey(of: peer)
            } catch {
                logger.warning(
                    "pre-shared key not read", metadata: ["peer": "\(peer.name)", "why": "\(error)"])
            }
        }
    }

    /// All that are named, in force or left out.
    var definitions: [PeerDefinition] { configured.map(\.definition) + added }

    /// The peers in force, and those that are not.
    func members() -> (members: [Member], leftOut: [LeftOut]) {
        var members = configured
        let definitions = definitions
        var leftOut: [LeftOut] = []
        var conflictByPeer: [Int: PeerConflict] = [:]
        for conflict in PeerConflict.all(among: definitions, listen: listen, ownAddresses: ownAddresses) {
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

    /// Takes over what a new configuration says, and reads pre-shared keys anew. Changes nothing if it throws.
    mutating func take(_ configuration: Configuration, logger: Logger) throws(ConfigurationError) {
        configured = try Self.members(of: configuration)
        readAddedKeys(logger)
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
        let conflicts = PeerConflict.all(among: definitions, listen: listen, ownAddresses: ownAddresses)
        if let conflict = conflicts.first(where: { $0.concerns(peer: definitions.count - 1) }) {
            throw ControlError(.conflict, "peer \(peer.name): \(conflict)")
        }
        if let problem = PeerConflict.reachProblem(of: peer, listen: listen) {
            throw ControlError(.conflict, "peer \(peer.name): \(problem)")
        }
        let key: PresharedKey?
        do throws(IdentityError) {
            key = try Self.presharedKey(of: peer)
        } catch {
            throw ControlError(.badRequest, "peer \(peer.name): \(error)")
        }
        if others.count < added.count, peer.presharedKeyFile == nil || addedKeys[peer.name] != nil { return false }
        do throws(PeerFileError) { try file.add(peer) } catch { throw ControlError(.internal, "\(error)") }
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
        let isRemoved: Bool
        do throws(PeerFileError) {
            isRemoved = try file.remove(named: name)
        } catch {
            throw ControlError(.internal, "\(error)")
        }
        added.removeAll { $0.name == name }
        addedKeys[name] = nil
        if isRemoved { return }
        if configured.contains(where: { $0.definition.name == name }) {
            throw ControlError(
                .conflict, "peer \(name) is named by the configuration; remove it there, then: sealane reload")
        }
        throw ControlError(.notFound, "there is no peer \(OperatorText.quoted(name))")
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

    private static func presharedKey(of peer: PeerDefinition) throws(IdentityError) -> PresharedKey? {
        guard let path = peer.presharedKeyFile else { return nil }
        return try PresharedKeyFile.read(path)
    }
}
