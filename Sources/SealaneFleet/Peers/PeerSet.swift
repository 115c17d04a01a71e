import SealanePacket
import SealaneTunnel

/// The peers of this host, merged from their sources in order of precedence: the configuration first, then the peers
/// that `sealane peer add` named. If peers contradict each other, the one of the source that comes first is in force,
/// and the other is left out until one of them is changed.
package struct PeerSet: Sendable {
    /// A peer in force.
    package struct Member: Sendable {
        package let definition: PeerDefinition
        package let origin: PeerOrigin
        package let presharedKey: PresharedKey?

        package func isSameSecret(as other: Self) -> Bool {
            switch (presharedKey, other.presharedKey) {
            case (nil, nil): true
            case (let mine?, let theirs?): mine.isEqual(to: theirs)
            default: false
            }
        }
    }

    /// A peer that is named and not in force.
    package struct LeftOut: Sendable {
        package let name: String
        package let why: String
    }

    /// What no peer may collide with.
    package struct Host: Sendable {
        private let listen: Endpoint
        private let addresses: [IPPrefix]
        private let publicKey: PublicKey

        /// - Parameter addresses: of the tunnel device, each with the length of its network.
        package init(listen: Endpoint, addresses: [IPPrefix], publicKey: PublicKey) {
            self.listen = listen
            self.addresses = addresses
            self.publicKey = publicKey
        }

        fileprivate func conflicts(among peers: [PeerDefinition]) -> [PeerConflict] {
            PeerConflict.all(among: peers, listen: listen, ownAddresses: addresses, ownKey: publicKey)
        }

        fileprivate func reachProblem(of peer: PeerDefinition) -> String? {
            PeerConflict.reachProblem(of: peer, listen: listen)
        }
    }

    private let host: Host
    private var configured: ConfiguredPeers
    package private(set) var added: AddedPeers

    package init(of host: Host, configured: ConfiguredPeers, added: AddedPeers) {
        self.host = host
        self.configured = configured
        self.added = added
    }

    /// In order of precedence.
    private var sources: [any PeerSource] { [configured, added] }

    /// Every peer that a source names, in force or left out.
    package var definitions: [PeerDefinition] {
        sources.flatMap { $0.peers.map(\.definition) }
    }

    package var publicKeys: Set<PublicKey> { Set(definitions.map(\.publicKey)) }

    /// The overlay prefixes of all peers. Packets to a peer that is left out do not leave in the clear either.
    package var prefixes: [String] {
        definitions.flatMap(\.addresses).map { "\($0)" }
    }

    /// Merges the sources.
    package func members() -> (members: [Member], leftOut: [LeftOut]) {
        let named = sources.enumerated().flatMap { rank, source in
            source.peers.map { (rank: rank, origin: source.origin, peer: $0) }
        }
        var conflictByPeer: [Int: PeerConflict] = [:]
        for conflict in host.conflicts(among: named.map(\.peer.definition)) {
            var loser = conflict.peer
            // An endpoint inside the prefix of a peer of a later source: that peer gives way, although it is not at
            // fault.
            if case .peer(let other, _) = conflict.opponent, named[other].rank > named[loser].rank { loser = other }
            conflictByPeer[loser] = conflictByPeer[loser] ?? conflict
        }
        var members: [Member] = []
        var leftOut: [LeftOut] = []
        for (index, (_, origin, peer)) in named.enumerated() {
            let definition = peer.definition
            if let conflict = conflictByPeer[index] {
                leftOut.append(LeftOut(name: definition.name, why: "\(conflict)"))
            } else if peer.lacksKey {
                leftOut.append(LeftOut(name: definition.name, why: "its pre-shared key could not be read"))
            } else {
                members.append(Member(definition: definition, origin: origin, presharedKey: peer.presharedKey))
            }
        }
        return (members, leftOut)
    }

    /// Names of the peers in force here and in `before` whose pre-shared key differs.
    package func peersWithOtherSecret(than before: PeerSet) -> [String] {
        let old = Dictionary(before.members().members.map { ($0.definition.name, $0) }) { first, _ in first }
        return members().members.compactMap { member in
            guard let known = old[member.definition.name] else { return nil }
            return known.isSameSecret(as: member) ? nil : member.definition.name
        }
    }

    // MARK: Changes

    /// Takes over the peers of another configuration, and pre-shared keys that were read again. Peers that commands
    /// added, changed or removed in the meantime stay as they are.
    package mutating func adopt(_ configured: ConfiguredPeers, _ keys: AddedPeers.Keys) {
        self.configured = configured
        added.adopt(keys)
    }

    /// Adds a peer by command; the peer file holds it when this returns. False: the very same peer is there already.
    package mutating func add(_ peer: PeerDefinition) throws(PeerSetError) -> Bool {
        let others = configured.peers.map(\.definition) + added.definitions(except: peer)
        if let conflict = host.conflicts(among: others + [peer]).first(where: { $0.concerns(peer: others.count) }) {
            throw .conflict(peer: peer.name, conflict)
        }
        if let problem = host.reachProblem(of: peer) { throw .unreachable(peer: peer.name, problem) }
        return try added.add(peer)
    }

    /// Removes a peer that a command added; the peer file has it no longer when this returns.
    package mutating func remove(named name: String) throws(PeerSetError) {
        if try added.remove(named: name) { return }
        let isConfigured = configured.peers.contains { $0.definition.name == name }
        throw isConfigured ? .configured(name) : .unknown(name)
    }
}
