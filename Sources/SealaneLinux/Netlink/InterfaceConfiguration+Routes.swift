import CLinux
import Glibc

extension InterfaceConfiguration {
    /// Marks our routes in the kernel's tables (`ip route show proto 73`), so that only these are ever removed.
    /// iproute2's list of route protocols (/etc/iproute2/rt_protos) does not use this number, and it is below the range
    /// for routing daemons (186 and up).
    package static var routeProtocol: UInt8 { 73 }

    /// The main routing table (kernel: RT_TABLE_MAIN).
    package static var mainTable: UInt32 { 254 }

    /// Makes our routes through `device` in one table exactly these: adds missing routes, then removes unlisted ones.
    /// Leaves routes of other programs alone.
    /// - Parameters:
    ///   - prefixes: `10.78.0.2/32`, `fd78::/64`; host bits are ignored.
    ///   - metric: nil is the kernel's default: 0 for IPv4, 1024 for IPv6.
    package static func replaceRoutes(
        device: String, with prefixes: [String], metric: UInt32? = nil, table: UInt32? = nil
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: device)
        let wanted = try routes(to: prefixes, .unicast(index), table: table) { _ in metric }
        let socket = try NetlinkSocket()
        let ours = try present().filter { $0.target == .unicast(index) && $0.table == (table ?? mainTable) }
        for route in wanted.subtracting(ours) { _ = try add(route, device, socket) }
        for route in ours.subtracting(wanted) { try remove(route, device, socket) }
    }

    /// The destinations of our routes through `device`, in all tables: `10.78.0.2/32`.
    package static func routes(through device: String) throws(SystemError) -> [String] {
        let index = try NetworkInterface.index(of: device)
        return try present().filter { $0.target == .unicast(index) }.map(\.prefix.description)
    }

    /// The identity of one of our routes.
    struct Route: Hashable {
        enum Target: Hashable {
            /// Through the interface with this index.
            case unicast(Int32)
            case prohibit
        }

        let prefix: NetworkPrefix
        let target: Target
        let table: UInt32
        let metric: UInt32

        init(_ prefix: NetworkPrefix, _ target: Target, table: UInt32? = nil, metric: UInt32? = nil) {
            self.prefix = prefix.network
            self.target = target
            self.table = table ?? mainTable
            self.metric = metric ?? (prefix.address.isIPv4 ? 0 : 1024)
        }

        /// Nil for kinds that we never create.
        fileprivate init?(_ route: KernelRoute) {
            switch route.kind {
            case .unicast: target = .unicast(route.interfaceIndex)
            case .prohibit: target = .prohibit
            case .other: return nil
            }
            prefix = route.network
            table = route.table
            metric = route.metric
        }
    }

    /// All routes with our protocol number, in all tables.
    static func present() throws(SystemError) -> Set<Route> {
        Set(try KernelRoute.collect(ofProtocol: routeProtocol) { Route($0) })
    }

    static func routes(
        to prefixes: [String], _ target: Route.Target, table: UInt32? = nil, metric: (NetworkPrefix) -> UInt32?
    ) throws(SystemError) -> Set<Route> {
        var routes: Set<Route> = []
        for text in prefixes {
            let prefix = try NetworkPrefix(text)
            routes.insert(Route(prefix, target, table: table, metric: metric(prefix)))
        }
        return routes
    }

    /// - Parameter takesOver: whether to replace a route of another program for the same prefix with the same metric;
    ///   otherwise such a route is an error.
    /// - Returns: false if another route through the same device already serves the prefix.
    static func add(
        _ route: Route, _ device: String, _ socket: borrowing NetlinkSocket, takesOver: Bool = false
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try request(route, device, socket, flags: NLM_F_CREATE | NLM_F_EXCL)
            return true
        } catch  where error.errno == EEXIST {
            let rivals = try KernelRoute.all().filter {
                $0.network == route.prefix && $0.table == route.table && $0.metric == route.metric
            }
            if rivals.compactMap({ Route($0) }).contains(route) { return false }
            if takesOver {
                try request(route, device, socket, flags: NLM_F_CREATE | NLM_F_REPLACE)
                return true
            }
            let holder = rivals.first.flatMap { NetworkInterface.name(of: $0.interfaceIndex) }
            throw SystemError(
                call: error.call, errno: EEXIST, subject: error.subject,
                advice: "\(route.prefix.description) is already routed\(holder.map { " through \($0)" } ?? ""): "
                    + "remove that route")
        }
    }

    private static func request(
        _ route: Route, _ device: String, _ socket: borrowing NetlinkSocket, flags: CInt
    ) throws(SystemError) {
        let message = try routeMessage(route, "RTM_NEWROUTE") { rtnl_route_build_add_request($0, flags, $1) }
        try socket.acknowledge(message, "RTM_NEWROUTE", subject(route, device)) { errno in
            // The kernel attaches IPv6 prohibit routes to the loopback device.
            errno == ENETDOWN
                ? "set \(route.target == .prohibit ? "lo" : device) up first"
                : adviceOnIPv6(device, route.prefix, errno)
        }
    }

    static func remove(_ route: Route, _ device: String, _ socket: borrowing NetlinkSocket) throws(SystemError) {
        let message = try routeMessage(route, "RTM_DELROUTE") { rtnl_route_build_del_request($0, 0, $1) }
        do throws(SystemError) {
            try socket.acknowledge(message, "RTM_DELROUTE", subject(route, device))
        } catch  where error.errno == ESRCH {
            // Already gone.
        }
    }

    private static func subject(_ route: Route, _ device: String) -> String {
        switch route.target {
        case .unicast: "\(route.prefix.description) dev \(device)"
        case .prohibit: "prohibit \(route.prefix.description)"
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
        rtnl_route_set_priority(object, route.metric)
        _ = try route.prefix.withLibraryAddress { rtnl_route_set_dst(object, $0) }
        var scope = RT_SCOPE_UNIVERSE
        switch route.target {
        case .prohibit:
            _ = rtnl_route_set_type(object, UInt8(RTN_PROHIBIT))
        case .unicast(let index):
            _ = rtnl_route_set_type(object, UInt8(RTN_UNICAST))
            // IPv4: the destination is directly on the link. IPv6 routes have no scope.
            if route.prefix.address.isIPv4 { scope = RT_SCOPE_LINK }
            guard let nextHop = rtnl_route_nh_alloc() else { throw NetlinkSocket.outOfMemory }
            rtnl_route_nh_set_ifindex(nextHop, index)
            // The route takes ownership of the next hop.
            rtnl_route_add_nexthop(object, nextHop)
        }
        rtnl_route_set_scope(object, UInt8(scope.rawValue))
        return try NetlinkMessage(call, route.prefix.description) { build(object, $0) }
    }
}
