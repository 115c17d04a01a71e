import SealanePacket

extension Topology {
    /// The ends that `text` may mean: an address, the ID of an interface, or the ID of an instance, which stands for
    /// its primary interface. For an interface, its first address of each family.
    ///
    /// One end per family, unless several VPCs have the same address. An address without a known interface gives an end
    /// without an interface; an unknown ID gives none.
    package func ends(named text: String) -> [PathEnd] {
        if let address = IPAddress(text) {
            let owners = interfaces.values.filter { $0.has(address) }.sorted { $0.id < $1.id }
            return owners.isEmpty
                ? [PathEnd(address: address, interface: nil)]
                : owners.map { PathEnd(address: address, interface: $0) }
        }
        return interfaces[text]?.ends ?? Self.primary(among: interfaces.values.filter { $0.instance == text })?.ends
            ?? []
    }

    /// The primary interface among those of one instance.
    static func primary(among interfaces: [Interface]) -> Interface? {
        interfaces.min { ($0.deviceIndex ?? .max, $0.id) < ($1.deviceIndex ?? .max, $1.id) }
    }
}

extension Topology.Interface {
    /// The interface's first address of each family.
    var ends: [PathEnd] {
        [true, false].compactMap { isIPv4 in addresses.first { $0.isIPv4 == isIPv4 } }
            .map { PathEnd(address: $0, interface: self) }
    }
}
