import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The interfaces by which datagrams to the peers leave this host, whichever holds the listen address.
struct UnderlayWays: Hashable, Sendable {
    struct Exit: Hashable, Sendable {
        let interface: String
        /// In bytes.
        let mtu: Int
    }

    /// By name; not empty.
    let exits: [Exit]
    /// Whether routes to peers lead there. If not, no peer can be reached, and this is a guess.
    let leadToPeers: Bool

    /// What every way carries, in bytes. One figure for all peers: it is the device's MTU that applications go by, and that
    /// is one.
    var mtu: Int { min(exits.map(\.mtu).min() ?? 0, TunnelLimits.greatestUnderlayMTU) }

    /// `eth0 (MTU 1500), eth1 (MTU 9001)`
    var text: String { exits.map { "\($0.interface) (MTU \($0.mtu))" }.joined(separator: ", ") }

    /// Asks the kernel for the routes from `listen` to each of `endpoints`. Where none leads anywhere, the interface that holds
    /// `listen` counts; where that is the loopback of a routed fabric, all others do.
    /// - Parameter tunnel: the tunnel device's name, which is no way out.
    /// - Returns: nil if `listen` is no address of this host.
    static func find(
        from listen: Endpoint, to endpoints: [Endpoint], tunnel: String
    ) throws(SystemError) -> UnderlayWays? {
        guard let holder = try NetworkInterface.holding(SocketAddress(listen)) else { return nil }
        let addresses = Set(endpoints.map(\.address)).filter { $0.isIPv4 == listen.address.isIPv4 }
        let answers = try NetworkRoute.ways(
            to: addresses.map { SocketAddress(Endpoint(address: $0, port: 0)) }, from: SocketAddress(listen))
        var indices: Set<Int32> = []
        for case .out(let hops) in answers { indices.formUnion(hops.map(\.interfaceIndex)) }
        let names = indices.compactMap { NetworkInterface.name(of: $0) }.filter { $0 != tunnel }
        let found = exits(names)
        if !found.isEmpty { return UnderlayWays(exits: found, leadToPeers: true) }
        guard holder.isLoopback, !listen.address.isLoopback else {
            return withoutPeers(exits([holder.name]))
        }
        let others = try NetworkInterface.all().filter { $0.isUp && !$0.isLoopback && $0.name != tunnel }.map(\.name)
        return withoutPeers(exits(others.isEmpty ? [holder.name] : others))
    }

    /// Where no peer shows a way. Nil if the interfaces have gone meanwhile.
    private static func withoutPeers(_ exits: [Exit]) -> UnderlayWays? {
        exits.isEmpty ? nil : UnderlayWays(exits: exits, leadToPeers: false)
    }

    /// Those that are still there.
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
