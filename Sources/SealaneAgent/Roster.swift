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
    }

    /// A peer that was added by hand and is not in use.
    struct LeftOut: Sendable {
        let name: String
        let why: String
    }

    private var configured: [Member]
    private(set) var added: [PeerDefinition]
    private let file: PeerFile
    private let listen: Endpoint
    private let ownAddresses: [IPPrefix]

    /// Reads the pre-shared keys of `configuration` and the peers that were added by hand.
    init(_ configuration: Configuration) throws {
        file = PeerFile(inStateDirectory: configuration.agent.stateDirectory)
        listen = configuration.agent.listen
        ownAddresses = configuration.agent.addresses
        configured = try Self.members(of: configuration)
        added = try file.read()
    }

    /// The peers in force, and those that are not.
    func members() -> (members: [Member], leftOut: [LeftOut]) {
        var members = configured
        let definitions = configured.map(\.definition) + added
        var leftOut: [LeftOut] = []
        var conflictByPeer: [Int: PeerConflict] = [:]
        for conflict in PeerConflict.all(among: definitions, listen: listen, ownAddresses: ownAddresses) {
            conflictByPeer[conflict.peer] = conflictByPeer[conflict.peer] ?? conflict
        }
        for (index, peer) in added.enumerated() {
            if let conflict = conflictByPeer[configured.count + index] {
                leftOut.append(LeftOut(name: peer.name, why: "\(conflict)"))
                continue
            }
            do throws(IdentityError) {
                members.append(try Self.member(peer, .added))
            } catch {
                leftOut.append(LeftOut(name: peer.name, why: "\(error)"))
            }
        }
        return (members, leftOut)
    }

    /// Takes over what a new configuration says. Changes nothing if it throws.
    mutating func take(_ configuration: Configuration) throws(ConfigurationError) {
        configured = try Self.members(of: configuration)
    }

    /// Adds a peer by hand; on the disk when it returns. The same peer again is fine.
    mutating func add(_ peer: PeerDefinition) throws(ControlError) {
        if added.contains(peer) { return }
        let definitions = configured.map(\.definition) + added + [peer]
        let conflicts = PeerConflict.all(among: definitions, listen: listen, ownAddresses: ownAddresses)
        if let conflict = conflicts.first(where: { $0.peer == definitions.count - 1 }) {
            throw ControlError(.conflict, "peer \(peer.name): \(conflict)")
        }
        do throws(IdentityError) {
            _ = try Self.member(peer, .added)
        } catch {
            throw ControlError(.badRequest, "peer \(peer.name): \(error)")
        }
        do throws(PeerFileError) { try file.add(peer) } catch { throw ControlError(.internal, "\(error)") }
        added.append(peer)
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
                members.append(try member(peer, .config))
            } catch {
                problems.append(configuration.source.problem(at: "peers[\(index)].preshared-key-file", "\(error)"))
            }
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return members
    }

    private static func member(
        _ peer: PeerDefinition, _ origin: PeerReport.Origin
    ) throws(IdentityError) -> Member {
        var presharedKey: PresharedKey?
        if let path = peer.presharedKeyFile { presharedKey = try PresharedKeyFile.read(path) }
        return Member(definition: peer, origin: origin, presharedKey: presharedKey)
    }
}
