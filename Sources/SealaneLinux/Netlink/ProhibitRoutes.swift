/// Routes of the main table that prohibit the prefixes of one tunnel device. Packets to such a prefix match them
/// whenever the
/// device's own routes are missing, and are refused instead of leaving by the default route in the clear. The kernel
/// keeps
/// them after the end of the device and of the process that added them.
///
/// Our protocol number and a metric identify a device's prohibit routes. The metric is greater than that of the
/// device's own
/// routes, and otherwise as small as possible, so that few routes of other programs for the same prefix take
/// precedence. It
/// depends on the device's name, so that the prohibit routes of two agents on one host are separate.
///
/// They do not apply to sockets bound to another device, nor to packets that `ip rule` directs to another table.
package enum ProhibitRoutes {
    /// The metric of the routes for the device `interface`.
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

    /// The prohibited prefixes of the device `interface`: `10.78.0.2/32`.
    package static func prefixes(of interface: String) throws(SystemError) -> [String] {
        routes(of: interface, among: try InterfaceConfiguration.present()).map(\.prefix.description)
    }

    /// Adds missing routes, replacing routes of other programs with the same prefix and metric. Removes nothing else.
    /// Tries all
    /// prefixes, then throws the first error.
    package static func add(_ prefixes: [String], for interface: String) throws(SystemError) {
        let missing = try routes(to: prefixes, for: interface).subtracting(InterfaceConfiguration.present())
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

    /// Removes all prohibit routes of the device `interface`. Returns their prefixes.
    @discardableResult
    package static func remove(of interface: String) throws(SystemError) -> [String] {
        let routes = routes(of: interface, among: try InterfaceConfiguration.present())
        let socket = try NetlinkSocket()
        for route in routes { try InterfaceConfiguration.remove(route, interface, socket) }
        return routes.map(\.prefix.description)
    }

    static func routes(
        to prefixes: [String], for interface: String
    ) throws(SystemError) -> Set<InterfaceConfiguration.Route> {
        try InterfaceConfiguration.routes(to: prefixes, .prohibit) { metric(of: interface, isIPv4: $0.address.isIPv4) }
    }

    /// Those of `routes` that are prohibit routes of the device `interface`.
    static func routes(
        of interface: String, among routes: Set<InterfaceConfiguration.Route>
    ) -> Set<InterfaceConfiguration.Route> {
        routes.filter {
            $0.target == .prohibit && $0.table == InterfaceConfiguration.mainTable
                && $0.metric == metric(of: interface, isIPv4: $0.prefix.address.isIPv4)
        }
    }
}
