import SealaneFleet
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The interfaces through which datagrams to the peers leave this host, whichever interface holds the listen address.
package struct UnderlayPaths: Hashable, Sendable {
    package struct Exit: Hashable, Sendable {
        package let interface: String
        /// In bytes.
        package let mtu: Int
    }

    /// Sorted by name; never empty.
    package let exits: [Exit]
    /// Whether routes to peers lead through `exits`. If not, no peer can be reached, and `exits` is a guess.
    package let leadToPeers: Bool

    /// The greatest packet, in bytes, that every exit carries. One value for all peers, because the tunnel device has
    /// one MTU.
    package var mtu: Int { min(exits.map(\.mtu).min() ?? 0, TunnelLimits.greatestUnderlayMTU) }

    /// `eth0 (MTU 1500), eth1 (MTU 9001)`
    package var text: String { exits.map { "\($0.interface) (MTU \($0.mtu))" }.joined(separator: ", ") }

    /// Asks the kernel for the routes from the listen address of `agent` to each of `endpoints`. If no route exists,
    /// uses the interface that holds the listen address, or, if that is the loopback of a routed fabric, all other
    /// interfaces. The tunnel device never counts.
    /// - Returns: nil: this host does not have the listen address.
    package static func find(
        for agent: Configuration.Agent, to endpoints: [Endpoint]
    ) throws(SystemError) -> UnderlayPaths? {
        let (listen, tunnel) = (agent.listen, agent.interface)
        guard let from = agent.socketAddressIfThere, let holder = try NetworkInterface.holding(from) else { return nil }
        let addresses = Set(endpoints.map(\.address)).filter { $0.isIPv4 == listen.address.isIPv4 }
        let answers = try NetworkRoute.paths(
            to: addresses.map { address in
                SocketAddress(
                    high: address.high, low: address.low, port: 0, scope: address.isIPv6LinkLocal ? from.scope : 0)
            }, from: from)
        var indices: Set<Int32> = []
        for case .out(let hops) in answers { indices.formUnion(hops.map(\.interfaceIndex)) }
        let names = indices.compactMap { NetworkInterface.name(of: $0) }.filter { $0 != tunnel }
        let found = exits(names)
        if !found.isEmpty { return UnderlayPaths(exits: found, leadToPeers: true) }
        guard holder.isLoopback, !listen.address.isLoopback else {
            return withoutPeers(exits([holder.name]))
        }
        let others = try NetworkInterface.all().filter { $0.isUp && !$0.isLoopback && $0.name != tunnel }.map(\.name)
        return withoutPeers(exits(others.isEmpty ? [holder.name] : others))
    }

    /// The greatest packet inside the tunnel whose datagram every exit carries.
    package func carriedByteCount(for agent: Configuration.Agent) -> Int {
        mtu - TunnelLimits.overhead(overIPv4: agent.listen.address.isIPv4)
    }

    /// The MTU for the tunnel device: `carriedByteCount`, but at least 1280 if this host or a peer has an IPv6 address
    /// inside the tunnel (RFC 8200 section 5). Below that, the kernel removes IPv6 addresses and routes from the
    /// device.
    package func deviceMTU(for agent: Configuration.Agent, _ peers: [PeerDefinition]) -> Int {
        let carriesIPv6 = (agent.addresses + peers.flatMap(\.addresses)).contains { !$0.address.isIPv4 }
        let least = carriesIPv6 ? Self.leastIPv6MTU : 0
        return max(carriedByteCount(for: agent), least)
    }

    private static var leastIPv6MTU: Int { 1280 }

    /// The guess without routes to peers. Nil: the interfaces are gone.
    private static func withoutPeers(_ exits: [Exit]) -> UnderlayPaths? {
        exits.isEmpty ? nil : UnderlayPaths(exits: exits, leadToPeers: false)
    }

    /// Leaves out interfaces that are gone.
    private static func exits(_ names: [String]) -> [Exit] {
        names.sorted().compactMap { name in
            (try? NetworkInterface.mtu(of: name)).map { Exit(interface: name, mtu: $0) }
        }
    }
}

extension IPAddress {
    /// 127.0.0.0/8 or ::1.
    fileprivate var isLoopback: Bool {
        isIPv4 ? (low >> 24) & 0xff == 127 : high == 0 && low == 1
    }
}
