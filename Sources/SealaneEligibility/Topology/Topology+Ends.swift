import SealanePacket

extension Topology {
    /// The ends that `text` may mean: an address, the id of an interface, or the id of an instance, whose primary interface then
    /// stands for it. Of an interface, its first address in each family.
    ///
    /// One for each family, unless VPCs have the same address. An address that nobody has is an end as well, without an interface;
    /// an id that is not known has none.
    public func ends(named text: String) -> [PathEnd] {
        if let address = IPAddress(text) {
            let owners = interfaces.values.filter { $0.has(address) }.sorted { $0.id < $1.id }
            return owners.isEmpty
                ? [PathEnd(address: address, interface: nil)]
                : owners.map { PathEnd(address: address, interface: $0) }
        }
        return interfaces[text]?.ends ?? Self.primary(among: interfaces.values.filter { $0.instance == text })?.ends
            ?? []
    }

    /// Of one instance's interfaces, the one that stands for it.
    static func primary(among interfaces: [Interface]) -> Interface? {
        interfaces.min { ($0.deviceIndex ?? .max, $0.id) < ($1.deviceIndex ?? .max, $1.id) }
    }
}

extension Topology.Interface {
    /// Its first address in each family.
    var ends: [PathEnd] {
        [true, false].compactMap { isIPv4 in addresses.first { $0.isIPv4 == isIPv4 } }
            .map { PathEnd(address: $0, interface: self) }
    }
}
