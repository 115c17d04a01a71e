import SealanePacket

/// What is known about one instance. An absent or empty fact is unknown, and unknown never passes a rule.
///
/// Copies share one allocation, exactly as large as the facts that are present, because an agent holds the facts of
/// each peer several times.
package struct Facts: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        let value: String
        let name: FactName
        let provenance: Provenance
    }

    /// In the order of the names, without duplicates.
    private var entries: [Entry] = []
    /// The prefixes that the instance may use as overlay source addresses. For the local instance: the addresses of its
    /// own interface.
    package var addresses: Fact<[IPPrefix]>?

    /// - Parameter values: by name; nil means unknown. The last value of a repeated name counts.
    package init(_ values: KeyValuePairs<FactName, Fact<String>?> = [:], addresses: Fact<[IPPrefix]>? = nil) {
        self.addresses = addresses
        entries.reserveCapacity(values.count)
        for (name, fact) in values { self[name] = fact }
    }

    package subscript(name: FactName) -> Fact<String>? {
        get {
            entries.first { $0.name == name }.map { Fact($0.value, $0.provenance) }
        }
        set {
            let entry = newValue.map { Entry(value: $0.value, name: name, provenance: $0.provenance) }
            let place = entries.firstIndex { $0.name.wireTag >= name.wireTag } ?? entries.count
            let isPresent = place < entries.count && entries[place].name == name
            switch (entry, isPresent) {
            case (let entry?, true): entries[place] = entry
            case (let entry?, false):
                // Growing by doubling would waste as much memory as the facts take.
                entries.reserveCapacity(entries.count + 1)
                entries.insert(entry, at: place)
            case (nil, true): entries.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// The fact if it is known: present and not empty. Two empty texts must never count as equal.
    package func known(_ name: FactName) -> Fact<String>? {
        guard let fact = self[name], !fact.value.isEmpty else { return nil }
        return fact
    }

    /// Whether `address` is within one of the instance's prefixes. False if the prefixes are unknown.
    package func owns(_ address: IPAddress) -> Bool {
        addresses?.value.contains { $0.contains(address) } ?? false
    }
}
