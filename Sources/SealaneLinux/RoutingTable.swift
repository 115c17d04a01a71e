import CLinux
import Glibc

/// One route of the kernel's tables.
public struct KernelRoute: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case unicast
        /// Packets that take it are refused: EACCES on this host, an ICMP error (13, filtered) to others.
        case prohibit
        /// Local, broadcast, black hole and so on.
        case other
    }

    let network: NetworkPrefix
    public let table: UInt32
    public let metric: UInt32
    public let kind: Kind
    /// Of the first next hop; 0: it has none.
    public let interfaceIndex: Int32
    /// Who made it (kernel: RTPROT_...).
    public let protocolNumber: UInt8

    /// `10.78.0.2/32`, host bits cleared.
    public var prefix: String { network.description }

    /// Whether every address of this route's prefix lies in the prefix `text`, which may be the same. False for what is
    /// no prefix.
    public func isInside(_ text: String) -> Bool {
        guard let outer = (try? NetworkPrefix(text))?.network else { return false }
        return outer.family == network.family && outer.length <= network.length
            && NetworkPrefix(address: network.address, length: outer.length).network == outer
    }

    /// Nil for routes of other families.
    init?(libraryRoute route: OpaquePointer) {
        guard let destination = rtnl_route_get_dst(route),
            let prefix = NetworkPrefix(libraryAddress: destination, family: CInt(rtnl_route_get_family(route)))
        else { return nil }
        network = prefix.network
        table = rtnl_route_get_table(route)
        metric = rtnl_route_get_priority(route)
        kind =
            switch Int(rtnl_route_get_type(route)) {
            case Int(RTN_UNICAST): .unicast
            case Int(RTN_PROHIBIT): .prohibit
            default: .other
            }
        // A prohibiting route has no next hop (IPv4), or the loopback device (IPv6).
        interfaceIndex =
            kind == .prohibit ? 0 : rtnl_route_nexthop_n(route, 0).map { rtnl_route_nh_get_ifindex($0) } ?? 0
        protocolNumber = rtnl_route_get_protocol(route)
    }
}

extension KernelRoute {
    /// The routes of both families in all tables.
    /// - Parameter protocolNumber: only those; nil: all, whoever made them. Kernels from 4.20 on leave the others out
    ///   by themselves, which matters beside a routing daemon's full table.
    public static func all(ofProtocol protocolNumber: UInt8? = nil) throws(SystemError) -> [KernelRoute] {
        try collect(ofProtocol: protocolNumber) { $0 }
    }

    /// What `body` makes of each of them.
    static func collect<Element>(
        ofProtocol protocolNumber: UInt8?, _ body: (KernelRoute) -> Element?
    ) throws(SystemError) -> [Element] {
        // A socket of its own: libnl's dumps, which come by others, are not strict.
        let socket = try NetlinkSocket()
        socket.askForStrictDumps()
        var found: [Element] = []
        for family in [AF_INET, AF_INET6] {
            var header = rtmsg()
            header.rtm_family = UInt8(family)
            header.rtm_protocol = protocolNumber ?? 0
            found += try socket.list("RTM_GETROUTE", RTM_GETROUTE, header) { message -> Element? in
                var parsed: OpaquePointer?
                guard rtnl_route_parse(message, &parsed) >= 0, let parsed else { return nil }
                defer { rtnl_route_put(parsed) }
                // A kernel without IPv6 answers with the routes of every family.
                guard let route = KernelRoute(libraryRoute: parsed), route.network.family == family,
                    protocolNumber == nil || route.protocolNumber == protocolNumber
                else { return nil }
                return body(route)
            }
        }
        return found
    }
}
