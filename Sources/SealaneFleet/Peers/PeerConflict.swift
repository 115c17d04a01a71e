import SealanePacket
import SealaneTunnel

/// A contradiction between two peers, or between a peer and this host.
package struct PeerConflict: Sendable, Hashable, CustomStringConvertible {
    /// The part of a peer that a conflict is about.
    package enum Part: Sendable, Hashable {
        case name, publicKey, endpoint
        /// The index among the peer's addresses.
        case address(Int)
    }

    /// What a peer collides with.
    package enum Opponent: Sendable, Hashable {
        /// The index among the peers. It is an earlier peer, unless the endpoint of the one at fault lies inside its
        /// prefix.
        case peer(Int, Part)
        /// This host's listen endpoint.
        case listen
        /// The index among this host's addresses.
        case ownAddress(Int)
        /// This host's public key.
        case ownKey
    }

    /// The index of the peer at fault.
    package let peer: Int
    package let part: Part
    package let opponent: Opponent
    /// Both values that collide, in words.
    package let problem: String
    /// What would be right.
    package let remedy: String

    package var description: String { "\(problem); \(remedy)" }

    /// Whether the peer of this index is at fault, or is the opponent of the one at fault.
    package func concerns(peer index: Int) -> Bool {
        guard peer != index, case .peer(index, _) = opponent else { return peer == index }
        return true
    }
}

extension PeerConflict {
    /// Every conflict among `peers` and between them and this host, in the order of the peers.
    ///
    /// - Parameters:
    ///   - listen: the endpoint that this host binds; nil: unknown.
    ///   - ownAddresses: the addresses of this host's tunnel device, with the lengths of their networks.
    ///   - ownKey: this host's public key; nil: unknown.
    package static func all(
        among peers: [PeerDefinition], listen: Endpoint?, ownAddresses: [IPPrefix], ownKey: PublicKey? = nil
    ) -> [PeerConflict] {
        let found =
            repetitions(among: peers) + (ownKey.map { all(among: peers, with: $0) } ?? []) + overlaps(among: peers)
            + collisions(of: peers, listen, ownAddresses) + loops(of: peers, ownAddresses)
        return found.enumerated()
            .sorted { ($0.element.peer, $0.offset) < ($1.element.peer, $1.offset) }
            .map(\.element)
    }

    /// Why `listen` can never reach `peer`; nil: it may. Loopback addresses reach this host only, and link-local
    /// addresses reach their own link only.
    package static func reachProblem(of peer: PeerDefinition, listen: Endpoint) -> String? {
        if peer.endpoint.address.isIPv6LinkLocal != listen.address.isIPv6LinkLocal {
            let (far, near) = peer.endpoint.address.isIPv6LinkLocal ? ("is", "is not") : ("is not", "is")
            return "\(peer.endpoint) \(far) link-local, and this host's listen endpoint \(listen) \(near); "
                + "link-local addresses reach only each other: expected both in fe80::/10, or neither"
        }
        guard peer.endpoint.address.isLoopback != listen.address.isLoopback else { return nil }
        let (far, near) = peer.endpoint.address.isLoopback ? ("is on", "is not") : ("is not on", "is")
        return "\(peer.endpoint) \(far) the loopback, and this host's listen endpoint \(listen) \(near); "
            + "the loopback reaches only this host: expected the underlay addresses of both hosts"
    }

    /// A conflict for each peer that has this host's own public key.
    package static func all(among peers: [PeerDefinition], with ownKey: PublicKey) -> [PeerConflict] {
        peers.enumerated().filter { $0.element.publicKey == ownKey }.map { index, _ in
            PeerConflict(
                peer: index, part: .publicKey, opponent: .ownKey, problem: "\(ownKey) is this host's own public key",
                remedy: "expected the peer's own key: run sealane key public on that host")
        }
    }

    private static func repetitions(among peers: [PeerDefinition]) -> [PeerConflict] {
        repetitions(among: peers.map(\.name), part: .name) { name, _ in
            ("\(ValueParser.quoted(name)) is already the name of a peer", "every peer needs a name of its own")
        }
            + repetitions(among: peers.map(\.publicKey), part: .publicKey) { _, other in
                ("this public key is already that of peer \(peers[other].name)", "every host needs a key of its own")
            }
            + repetitions(among: peers.map(\.endpoint), part: .endpoint) { endpoint, other in
                (
                    "\(endpoint) is already the endpoint of peer \(peers[other].name)",
                    "every peer needs an endpoint of its own"
                )
            }
    }

    private static func repetitions<Value: Hashable>(
        among values: [Value], part: Part, _ words: (Value, Int) -> (problem: String, remedy: String)
    ) -> [PeerConflict] {
        var first: [Value: Int] = [:]
        var found: [PeerConflict] = []
        for (index, value) in values.enumerated() {
            guard let other = first[value] else {
                first[value] = index
                continue
            }
            let (problem, remedy) = words(value, other)
            found.append(
                PeerConflict(
                    peer: index, part: part, opponent: .peer(other, part), problem: problem, remedy: remedy))
        }
        return found
    }

    /// Two prefixes either nest or are disjoint. One pass in the order of their networks, with a stack of the prefixes
    /// around the current one, therefore finds all overlaps without comparing all pairs.
    private static func overlaps(among peers: [PeerDefinition]) -> [PeerConflict] {
        struct Owned {
            let prefix: IPPrefix
            let peer: Int
            let index: Int
        }
        let owned = peers.enumerated().flatMap { peer, definition in
            definition.addresses.enumerated().map { Owned(prefix: $1.network, peer: peer, index: $0) }
        }
        let ordered = owned.sorted {
            if $0.prefix.address.isIPv4 != $1.prefix.address.isIPv4 { return $0.prefix.address.isIPv4 }
            return ($0.prefix.address, $0.prefix.length, $0.peer, $0.index)
                < ($1.prefix.address, $1.prefix.length, $1.peer, $1.index)
        }
        var around: [Owned] = []
        var found: [PeerConflict] = []
        for inner in ordered {
            while let last = around.last, !last.prefix.overlaps(inner.prefix) { around.removeLast() }
            if let outer = around.last(where: { $0.peer != inner.peer }) {
                let (earlier, later) = outer.peer < inner.peer ? (outer, inner) : (inner, outer)
                found.append(
                    PeerConflict(
                        peer: later.peer, part: .address(later.index),
                        opponent: .peer(earlier.peer, .address(earlier.index)),
                        problem: "\(later.prefix) overlaps \(earlier.prefix) of peer \(peers[earlier.peer].name)",
                        remedy: "an address can belong to one peer only"))
            }
            around.append(inner)
        }
        return found
    }

    private static func collisions(
        of peers: [PeerDefinition], _ listen: Endpoint?, _ ownAddresses: [IPPrefix]
    ) -> [PeerConflict] {
        var found: [PeerConflict] = []
        for (index, peer) in peers.enumerated() {
            if let listen, peer.endpoint == listen {
                found.append(
                    PeerConflict(
                        peer: index, part: .endpoint, opponent: .listen,
                        problem: "\(peer.endpoint) is this host's own listen endpoint",
                        remedy: "expected the peer's underlay address"))
            } else if let listen, peer.endpoint.address.isIPv4 != listen.address.isIPv4 {
                let (theirs, ours) = listen.address.isIPv4 ? ("IPv6", "IPv4") : ("IPv4", "IPv6")
                found.append(
                    PeerConflict(
                        peer: index, part: .endpoint, opponent: .listen,
                        problem: "\(peer.endpoint) is \(theirs) and this host listens on \(ours) at \(listen)",
                        remedy: "both ends must use the same address family"))
            }
            for (number, prefix) in peer.addresses.enumerated() {
                if let listen, prefix.contains(listen.address) {
                    found.append(
                        PeerConflict(
                            peer: index, part: .address(number), opponent: .listen,
                            problem: "\(prefix) contains this host's own listen address \(listen.address)",
                            remedy: "expected overlay addresses, which must be apart from underlay addresses"))
                    continue
                }
                guard let own = ownAddresses.firstIndex(where: { prefix.contains($0.address) }) else { continue }
                found.append(
                    PeerConflict(
                        peer: index, part: .address(number), opponent: .ownAddress(own),
                        problem: "\(prefix) contains this host's own address \(ownAddresses[own].address)",
                        remedy: "expected addresses that only the peer has"))
            }
        }
        return found
    }

    /// Endpoints to which the overlay's routes would send the tunnel's own datagrams.
    private static func loops(of peers: [PeerDefinition], _ ownAddresses: [IPPrefix]) -> [PeerConflict] {
        var networks: [(prefix: IPPrefix, opponent: Opponent)] = ownAddresses.enumerated().map {
            ($1.network, .ownAddress($0))
        }
        for (index, peer) in peers.enumerated() {
            networks += peer.addresses.enumerated().map { ($1.network, .peer(index, .address($0))) }
        }
        let table = PrefixTable(networks.enumerated().map { ($1.prefix, UInt32($0)) })
        return peers.enumerated().compactMap { index, peer in
            let match = table.lookup(peer.endpoint.address)
            guard match >= 0 else { return nil }
            let (prefix, opponent) = networks[match]
            let owner =
                switch opponent {
                case .peer(let other, _): "the overlay prefix \(prefix) of peer \(peers[other].name)"
                case .ownAddress, .listen, .ownKey: "this host's overlay network \(prefix)"
                }
            return PeerConflict(
                peer: index, part: .endpoint, opponent: opponent,
                problem: "\(peer.endpoint) lies inside \(owner)",
                remedy: "a tunnel cannot carry itself: expected the peer's underlay address")
        }
    }
}
