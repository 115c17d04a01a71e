import SealanePacket

/// One end of a path.
package struct PathEnd: Sendable, Hashable {
    package let address: IPAddress
    /// The interface that has the address; nil if unknown.
    package let interface: Topology.Interface?

    package init(address: IPAddress, interface: Topology.Interface?) {
        self.address = address
        self.interface = interface
    }

    /// For display and for reasons: the instance or the interface, and the address.
    package var name: String {
        guard let interface else { return address.description }
        return "\(interface.instance ?? interface.id) (\(address))"
    }
}
