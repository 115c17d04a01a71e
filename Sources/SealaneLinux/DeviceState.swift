/// What a tunnel device has to be like while its agent runs, and what puts it right after somebody else has changed it.
public struct DeviceState: Sendable {
    /// The kernel's number of the device, which it keeps for life.
    public let index: Int32
    public let name: String
    /// In bytes.
    public var mtu: Int
    /// `10.78.0.1/24`
    public var addresses: [String]
    /// The prefixes that are routed through the device.
    public var routes: [String]
    /// The prefixes that `RouteFloor` prohibits under it.
    public var floor: [String]

    public init(
        index: Int32, name: String, mtu: Int, addresses: [String] = [], routes: [String] = [], floor: [String] = []
    ) {
        self.index = index
        self.name = name
        self.mtu = mtu
        self.addresses = addresses
        self.routes = routes
        self.floor = floor
    }

    /// One thing that was not as it has to be.
    public struct Repair: Hashable, Sendable {
        public enum Kind: String, CaseIterable, Sendable {
            case name, mtu, link, addresses, routes, floor
        }

        public let kind: Kind
        /// What was put back: `10.78.0.2/32`, `up`.
        public let what: String
    }

    /// Puts back whatever is not as it has to be. What else is on the device is left alone. Goes through all of it, then throws
    /// the first thing that could not be put back.
    /// - Parameter note: called for each thing that was put back.
    /// - Returns: false if the device is gone.
    public func mend(_ note: (Repair) -> Void) throws(SystemError) -> Bool {
        let socket = try NetlinkSocket()
        var present = try InterfaceConfiguration.present()
        var failure: SystemError?
        // What keeps packets from leaving in the clear comes first.
        do throws(SystemError) {
            let floor = try RouteFloor.routes(to: floor, under: name).subtracting(present)
            try add(floor, .floor, socket, note)
        } catch {
            failure = error
        }
        guard let link = try NetworkLink.find(index) else {
            if let failure { throw failure }
            return false
        }
        do throws(SystemError) {
            try mend(link, note)
        } catch {
            failure = failure ?? error
        }
        do throws(SystemError) {
            let lacked = try InterfaceConfiguration.setAddresses(
                of: name, index, to: addresses, socket, keepingOthers: true)
            for address in lacked { note(Repair(kind: .addresses, what: address)) }
            // The kernel may have dropped routes with another address.
            if !lacked.isEmpty { present = try InterfaceConfiguration.present() }
        } catch {
            failure = failure ?? error
        }
        do throws(SystemError) {
            let wanted = try InterfaceConfiguration.routes(to: routes, .unicast(index)) { _ in nil }
            try add(wanted.subtracting(present), .routes, socket, note)
        } catch {
            failure = failure ?? error
        }
        if let failure { throw failure }
        return true
    }

    private func add(
        _ missing: Set<InterfaceConfiguration.Route>, _ kind: Repair.Kind, _ socket: borrowing NetlinkSocket,
        _ note: (Repair) -> Void
    ) throws(SystemError) {
        var failure: SystemError?
        for route in missing {
            do throws(SystemError) {
                guard try InterfaceConfiguration.add(route, name, socket, takesOver: true) else { continue }
                note(Repair(kind: kind, what: route.prefix.description))
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    private func mend(_ link: NetworkLink, _ note: (Repair) -> Void) throws(SystemError) {
        if link.name != name {
            try InterfaceConfiguration.rename(index, from: link.name, to: name)
            note(Repair(kind: .name, what: "\(name), which was \(link.name)"))
        }
        if link.mtu != mtu {
            try InterfaceConfiguration.setMTU(name, to: mtu)
            note(Repair(kind: .mtu, what: "\(mtu), which was \(link.mtu)"))
        }
        if !link.isUp {
            try InterfaceConfiguration.setUp(name)
            note(Repair(kind: .link, what: "up"))
        }
    }
}
