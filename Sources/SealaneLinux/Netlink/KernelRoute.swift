import CLinux
import Glibc

/// One route of the kernel's tables.
package struct KernelRoute: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case unicast
        /// The kernel refuses packets that match it: EACCES on this host, an ICMP error (13, filtered) to other hosts.
        case prohibit
        /// Local, broadcast, blackhole and so on.
        case other
    }

    let network: NetworkPrefix
    package let table: UInt32
    package let metric: UInt32
    package let kind: Kind
    /// The interface of the first next hop; 0 if the route has none.
    package let interfaceIndex: Int32
    /// The creator of the route (kernel: RTPROT_...).
    package let protocolNumber: UInt8

    /// `10.78.0.2/32`, host bits cleared.
    package var prefix: String { network.description }

    /// Whether the prefix `text` contains this route's prefix or equals it. False if `text` is not a prefix.
    package func isInside(_ text: String) -> Bool {
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
        // A prohibit route has no next hop (IPv4) or the loopback device (IPv6).
        interfaceIndex =
            kind == .prohibit ? 0 : rtnl_route_nexthop_n(route, 0).map { rtnl_route_nh_get_ifindex($0) } ?? 0
        protocolNumber = rtnl_route_get_protocol(route)
    }
}

extension KernelRoute {
    /// The routes of both families in all tables.
    /// - Parameter protocolNumber: selects the routes of one protocol; nil: all. Kernels from 4.20 on filter the dump
    ///   themselves, which matters next to a routing daemon's full table.
    package static func all(ofProtocol protocolNumber: UInt8? = nil) throws(SystemError) -> [KernelRoute] {
        try collect(ofProtocol: protocolNumber) { $0 }
    }

    /// The non-nil results of `body` for these routes.
    static func collect<Element>(
        ofProtocol protocolNumber: UInt8?, _ body: (KernelRoute) -> Element?
    ) throws(SystemError) -> [Element] {
        // A separate socket: libnl's dumps, which use other sockets, are not strict.
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
                // A kernel without IPv6 replies with the routes of every family.
                guard let route = KernelRoute(libraryRoute: parsed), route.network.family == family,
                    protocolNumber == nil || route.protocolNumber == protocolNumber
                else { return nil }
                return body(route)
            }
        }
        return found
    }
}
