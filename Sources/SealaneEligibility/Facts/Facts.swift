import SealanePacket

/// What is known of one instance. An absent fact is unknown, and so is an empty text; unknown never passes a rule.
///
/// Copies share one allocation, as large as the facts that are present: an agent holds the facts of each of its peers several
/// times over.
public struct Facts: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        let value: String
        let name: FactName
        let provenance: Provenance
    }

    /// In the order of the names, each at most once.
    private var entries: [Entry] = []
    /// The prefixes the instance may use as overlay sources. For the local instance: its interface's own addresses.
    public var addresses: Fact<[IPPrefix]>?

    /// - Parameter values: by name; nil is unknown. Of two values with one name the last counts.
    public init(_ values: KeyValuePairs<FactName, Fact<String>?> = [:], addresses: Fact<[IPPrefix]>? = nil) {
        self.addresses = addresses
        entries.reserveCapacity(values.count)
        for (name, fact) in values { self[name] = fact }
    }

    public subscript(name: FactName) -> Fact<String>? {
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
                // Growth by doubling would leave as much room unused as the facts take.
                entries.reserveCapacity(entries.count + 1)
                entries.insert(entry, at: place)
            case (nil, true): entries.remove(at: place)
            case (nil, false): break
            }
        }
    }

    /// The fact if it is known: present and not empty, so that two empty texts never count as equal.
    public func known(_ name: FactName) -> Fact<String>? {
        guard let fact = self[name], !fact.value.isEmpty else { return nil }
        return fact
    }

    /// Whether `address` is within one of the instance's prefixes. Unknown prefixes own nothing.
    public func owns(_ address: IPAddress) -> Bool {
        addresses?.value.contains { $0.contains(address) } ?? false
    }
}
