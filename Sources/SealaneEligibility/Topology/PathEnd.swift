import SealanePacket

/// One end of a path.
public struct PathEnd: Sendable, Hashable {
    public let address: IPAddress
    /// The interface that has the address; nil if none is known.
    public let interface: Topology.Interface?

    public init(address: IPAddress, interface: Topology.Interface?) {
        self.address = address
        self.interface = interface
    }

    /// For display and for reasons: the instance or the interface, and the address.
    public var name: String {
        guard let interface else { return address.description }
        return "\(interface.instance ?? interface.id) (\(address))"
    }
}
