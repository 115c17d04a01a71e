/// The required state of a tunnel device while its agent runs, and the repair of changes that others make to it.
package struct DeviceState: Sendable {
    /// The kernel's index of the device, which never changes.
    package let index: Int32
    package let name: String
    /// In bytes.
    package var mtu: Int
    /// `10.78.0.1/24`
    package var addresses: [String]
    /// The prefixes routed through the device.
    package var routes: [String]
    /// The prefixes that `ProhibitRoutes` prohibits for the device.
    package var prohibited: [String]

    package init(
        index: Int32, name: String, mtu: Int, addresses: [String] = [], routes: [String] = [], prohibited: [String] = []
    ) {
        self.index = index
        self.name = name
        self.mtu = mtu
        self.addresses = addresses
        self.routes = routes
        self.prohibited = prohibited
    }

    /// One thing that was repaired.
    package struct Repair: Hashable, Sendable {
        package enum Kind: String, CaseIterable, Sendable {
            case name, mtu, link, addresses, routes
            /// Reports and metrics call them `floor`.
            case prohibitRoutes = "floor"
        }

        package let kind: Kind
        /// What was restored: `10.78.0.2/32`, `up`.
        package let what: String
    }

    /// Restores everything that differs from the required state, and leaves everything else on the device alone. Tries
    /// all repairs, then throws the first error.
    /// - Parameter report: called for each repair.
    /// - Returns: false if the device is gone.
    package func repair(_ report: (Repair) -> Void) throws(SystemError) -> Bool {
        let socket = try NetlinkSocket()
        var present = try InterfaceConfiguration.present()
        var failure: SystemError?
        // First, because these routes keep packets from leaving in the clear.
        do throws(SystemError) {
            let missing = try ProhibitRoutes.routes(to: prohibited, for: name).subtracting(present)
            try add(missing, .prohibitRoutes, socket, report)
        } catch {
            failure = error
        }
        guard let link = try NetworkLink.find(index) else {
            if let failure { throw failure }
            return false
        }
        do throws(SystemError) {
            try repair(link, report)
        } catch {
            failure = failure ?? error
        }
        do throws(SystemError) {
            let lacked = try InterfaceConfiguration.setAddresses(
                of: name, index, to: addresses, socket, keepingOthers: true)
            for address in lacked { report(Repair(kind: .addresses, what: address)) }
            // The kernel may have dropped routes with a removed address.
            if !lacked.isEmpty { present = try InterfaceConfiguration.present() }
        } catch {
            failure = failure ?? error
        }
        do throws(SystemError) {
            let wanted = try InterfaceConfiguration.routes(to: routes, .unicast(index)) { _ in nil }
            try add(wanted.subtracting(present), .routes, socket, report)
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        return true
    }

    private func add(
        _ missing: Set<InterfaceConfiguration.Route>, _ kind: Repair.Kind, _ socket: borrowing NetlinkSocket,
        _ report: (Repair) -> Void
    ) throws(SystemError) {
        var failure: SystemError?
        for route in missing {
            do throws(SystemError) {
                guard try InterfaceConfiguration.add(route, name, socket, takesOver: true) else { continue }
                report(Repair(kind: kind, what: route.prefix.description))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func repair(_ link: NetworkLink, _ report: (Repair) -> Void) throws(SystemError) {
        if link.name != name {
            try InterfaceConfiguration.rename(index, from: link.name, to: name)
            report(Repair(kind: .name, what: "\(name), which was \(link.name)"))
        }
        if link.mtu != mtu {
            try InterfaceConfiguration.setMTU(name, to: mtu)
            report(Repair(kind: .mtu, what: "\(mtu), which was \(link.mtu)"))
        }
        if !link.isUp {
            try InterfaceConfiguration.setUp(name)
            report(Repair(kind: .link, what: "up"))
        }
    }
}
