import CLinux
import Glibc

extension InterfaceConfiguration {
    /// Marks our routes in the kernel's tables (`ip route show proto 73`), so that only they are ever removed. Free in
    /// iproute2's list of route protocols (/etc/iproute2/rt_protos), and below its range for routing daemons (186 and
    /// up).
    public static var routeProtocol: UInt8 { 73 }

    /// The main routing table (kernel: RT_TABLE_MAIN).
    public static var mainTable: UInt32 { 254 }

    /// Routes `prefix` through `device`, which is up. A route for it through `device` that is there already will do,
    /// whoever made it; one through another device is an error, because packets would go there.
    /// - Parameters:
    ///   - prefix: `10.78.0.2/32`, `fd78::/64`; bits behind the prefix do not count.
    ///   - metric: nil is the kernel's choice: 0 for IPv4, 1024 for IPv6.
    public static func addRoute(
        _ prefix: String, device: String, metric: UInt32? = nil, table: UInt32? = nil
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: device)
        let route = Route(try NetworkPrefix(prefix), index: index, table: table, metric: metric)
        try add(route, device, NetlinkSocket())
    }

    /// Makes our routes through `device` in one table exactly these: adds what is missing, then removes what is not
    /// listed. Routes that others made are left alone.
    public static func replaceRoutes(
        device: String, with prefixes: [String], metric: UInt32? = nil, table: UInt32? = nil
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: device)
        var wanted: Set<Route> = []
        for text in prefixes {
            wanted.insert(Route(try NetworkPrefix(text), index: index, table: table, metric: metric))
        }
        let socket = try NetlinkSocket()
        let present = try listRoutes(socket).filter {
            $0.protocolNumber == routeProtocol && $0.route.index == index && $0.route.table == (table ?? mainTable)
        }
        let ours = Set(present.map(\.route))
        for route in wanted.subtracting(ours) { try add(route, device, socket) }
        for route in ours.subtracting(wanted) { try remove(route, device, socket) }
    }

    /// The destinations of our routes through `device`, in all tables: `10.78.0.2/32`.
    public static func routes(through device: String) throws(SystemError) -> [String] {
        let index = try NetworkInterface.index(of: device)
        return try listRoutes(NetlinkSocket())
            .filter { $0.protocolNumber == routeProtocol && $0.route.index == index }
            .map(\.route.prefix.description)
    }

    /// What tells routes of the kernel's tables apart, for ours.
    private struct Route: Hashable {
        let prefix: NetworkPrefix
        let index: Int32
        let table: UInt32
        let metric: UInt32

        init(_ prefix: NetworkPrefix, index: Int32, table: UInt32?, metric: UInt32?) {
            self.prefix = prefix.network
            self.index = index
            self.table = table ?? mainTable
            self.metric = metric ?? (prefix.address.isIPv4 ? 0 : 1024)
        }
    }

    private static func listRoutes(
        _ socket: borrowing NetlinkSocket
    ) throws(SystemError) -> [(route: Route, protocolNumber: UInt8)] {
        var found: [(Route, UInt8)] = []
        try socket.dump(
            "RTM_GETROUTE", { rtnl_route_alloc_cache($0, AF_UNSPEC, 0, $1) },
            each: { route in
                guard let destination = rtnl_route_get_dst(route),
                    let prefix = NetworkPrefix(
                        libraryAddress: destination, family: CInt(rtnl_route_get_family(route)))
                else { return }
                // Prohibiting and black-hole routes have no next hop.
                let index = rtnl_route_nexthop_n(route, 0).map { rtnl_route_nh_get_ifindex($0) } ?? 0
                found.append(
                    (
                        Route(
                            prefix, index: index, table: rtnl_route_get_table(route),
                            metric: rtnl_route_get_priority(route)), rtnl_route_get_protocol(route)
                    ))
            })
        return found
    }

    private static func add(
        _ route: Route, _ device: String, _ socket: borrowing NetlinkSocket
    ) throws(SystemError) {
        let subject = "\(route.prefix.description) dev \(device)"
        let message = try routeMessage(route, "RTM_NEWROUTE") {
            rtnl_route_build_add_request($0, NLM_F_CREATE | NLM_F_EXCL, $1)
        }
        do throws(SystemError) {
            try socket.acknowledge(message, "RTM_NEWROUTE", subject) { errno in
                errno == ENETDOWN ? "set \(device) up first" : adviceOnIPv6(device, route.prefix, errno)
            }
        } catch  where error.errno == EEXIST {
            let rivals = try listRoutes(socket).map(\.route).filter {
                $0.prefix == route.prefix && $0.table == route.table && $0.metric == route.metric
            }
            if rivals.contains(where: { $0.index == route.index }) { return }
            let holder = rivals.first.flatMap { NetworkInterface.name(of: $0.index) }.map { " through \($0)" } ?? ""
            throw SystemError(
                call: error.call, errno: EEXIST, subject: subject,
                advice: "\(route.prefix.description) is already routed\(holder): remove that route")
        }
    }

    private static func remove(
        _ route: Route, _ device: String, _ socket: borrowing NetlinkSocket
    ) throws(SystemError) {
        let message = try routeMessage(route, "RTM_DELROUTE") { rtnl_route_build_del_request($0, 0, $1) }
        do throws(SystemError) {
            try socket.acknowledge(message, "RTM_DELROUTE", "\(route.prefix.description) dev \(device)")
        } catch  where error.errno == ESRCH {
            // Gone already.
        }
    }

    private static func routeMessage(
        _ route: Route, _ call: String, build: (OpaquePointer, UnsafeMutablePointer<OpaquePointer?>) -> CInt
    ) throws(SystemError) -> NetlinkMessage {
        guard let object = rtnl_route_alloc() else { throw NetlinkSocket.outOfMemory }
        defer { rtnl_route_put(object) }
        _ = rtnl_route_set_family(object, UInt8(route.prefix.family))
        rtnl_route_set_table(object, route.table)
        rtnl_route_set_protocol(object, routeProtocol)
        _ = rtnl_route_set_type(object, UInt8(RTN_UNICAST))
        // Directly on the link for IPv4; IPv6 routes have no scope.
        let scope = route.prefix.address.isIPv4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
        rtnl_route_set_scope(object, UInt8(scope.rawValue))
        rtnl_route_set_priority(object, route.metric)
        _ = try route.prefix.withLibraryAddress { rtnl_route_set_dst(object, $0) }
        guard let nextHop = rtnl_route_nh_alloc() else { throw NetlinkSocket.outOfMemory }
        rtnl_route_nh_set_ifindex(nextHop, route.index)
        // The route takes the next hop over.
        rtnl_route_add_nexthop(object, nextHop)
        return try NetlinkMessage(call, route.prefix.description) { build(object, $0) }
    }
}
