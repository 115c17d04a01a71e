import CLinux
import Glibc

/// The floor under a tunnel device: routes of the main table that prohibit prefixes. Packets fall on it wherever the
/// device's own routes are not, instead of leaving by the default route in the clear. The kernel keeps it whatever becomes
/// of the device and of the process that laid it.
///
/// A device's floor is known by our protocol number and by its metric, which is greater than that of the device's routes
/// and as small as can be, so that few routes that others make for the same prefix come before it. The metrics are those
/// of the device's name: floors of two agents on one host stay apart.
///
/// A socket bound to another device, and packets that `ip rule` sends to another table, do not look here.
public enum RouteFloor {
    /// Of the floor of the device `interface`.
    static func metric(of interface: String, isIPv4: Bool) -> UInt32 {
        let ownName = "sealane"
        let number: UInt32
        // sealane07 and sealane+7 are other devices than sealane7.
        if interface.hasPrefix(ownName), let digits = UInt32(interface.dropFirst(ownName.count)), digits < 100,
            interface == "\(ownName)\(digits)"
        {
            number = digits
        } else {
            // FNV-1a: the same on every host and in every version.
            let hash = interface.utf8.reduce(0x811c_9dc5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
            number = 100 + hash % 900
        }
        return (isIPv4 ? 1 : 1025) + number
    }

    /// The prefixes of the floor under `interface`: `10.78.0.2/32`.
    public static func prefixes(under interface: String) throws(SystemError) -> [String] {
        routes(of: try InterfaceConfiguration.present(), under: interface).map(\.prefix.description)
    }

    /// Adds what is missing, and takes nothing away but what others made for the same prefix with the same metric. Tries every
    /// prefix, then throws the first error.
    public static func add(_ prefixes: [String], under interface: String) throws(SystemError) {
        let missing = try routes(to: prefixes, under: interface).subtracting(InterfaceConfiguration.present())
        let socket = try NetlinkSocket()
        var failure: SystemError?
        for route in missing {
            do throws(SystemError) {
                _ = try InterfaceConfiguration.add(route, interface, socket, takesOver: true)
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Takes all of it away. Returns the prefixes that it had.
    @discardableResult
    public static func remove(under interface: String) throws(SystemError) -> [String] {
        let routes = routes(of: try InterfaceConfiguration.present(), under: interface)
        let socket = try NetlinkSocket()
        for route in routes { try InterfaceConfiguration.remove(route, interface, socket) }
        return routes.map(\.prefix.description)
    }

    static func routes(
        to prefixes: [String], under interface: String
    ) throws(SystemError) -> Set<InterfaceConfiguration.Route> {
        try InterfaceConfiguration.routes(to: prefixes, .prohibit) { metric(of: interface, isIPv4: $0.address.isIPv4) }
    }

    /// Those of `routes` that are the floor under `interface`.
    static func routes(
        of routes: Set<InterfaceConfiguration.Route>, under interface: String
    ) -> Set<InterfaceConfiguration.Route> {
        routes.filter {
            $0.target == .prohibit && $0.table == InterfaceConfiguration.mainTable
                && $0.metric == metric(of: interface, isIPv4: $0.prefix.address.isIPv4)
        }
    }
}

extension InterfaceConfiguration {
    /// Makes our routes of the main table through `device`, and the floor under it, exactly these. The floor is laid before
    /// the routes over it, and taken away after them, so that there is no moment at which packets to a prefix of both find
    /// neither. Routes that others made are left alone. If it throws, all is as it was.
    public static func replaceRoutes(
        device: String, with prefixes: [String], over floor: [String]
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: device)
        let routes = try routes(to: prefixes, .unicast(index)) { _ in nil }
        let floor = try RouteFloor.routes(to: floor, under: device)
        let present = try present()
        let oldRoutes = present.filter { $0.target == .unicast(index) && $0.table == mainTable }
        let oldFloor = RouteFloor.routes(of: present, under: device)
        let socket = try NetlinkSocket()
        var added: [Route] = []
        var removed: [Route] = []
        do throws(SystemError) {
            for route in floor.subtracting(oldFloor) where try add(route, device, socket, takesOver: true) {
                added.append(route)
            }
            for route in routes.subtracting(oldRoutes) where try add(route, device, socket) { added.append(route) }
            for route in oldRoutes.subtracting(routes) {
                try remove(route, device, socket)
                removed.append(route)
            }
            for route in oldFloor.subtracting(floor) {
                try remove(route, device, socket)
                removed.append(route)
            }
        } catch {
            // In the order of the making, turned round. What cannot be undone, the next change or the watch puts right.
            for route in removed.reversed() { _ = try? add(route, device, socket) }
            for route in added.reversed() { try? remove(route, device, socket) }
            throw error
        }
    }
}
