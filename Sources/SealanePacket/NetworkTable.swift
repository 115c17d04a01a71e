/// The networks of one length, each with its value, in a perfect hash table ("hash and displace").
///
/// Networks whose hashes start with the same bits form a group. A network's hash and its group's displacement determine
/// its slot. Building the table tries displacements for each group until all of its networks have slots of their own.
/// So a lookup reads one displacement and one slot, whatever the address: many networks cost cache misses, but never a
/// search of unpredictable length.
///
/// The owner frees the memory with `deallocate`.
@usableFromInline struct NetworkTable<Network: HashedNetwork> {
    typealias Entry = (network: Network, value: UInt32)

    /// The bits of an address that form its network.
    @usableFromInline let mask: Network
    @usableFromInline let seed: UInt64
    /// A hash shifted right by this is its group's number.
    @usableFromInline let groupShift: UInt64
    /// By group.
    @usableFromInline let displacements: UnsafeMutablePointer<UInt16>
    /// By slot. Free slots repeat one of the entries, so that a lookup that finds one returns the right value.
    @usableFromInline let networks: UnsafeMutablePointer<Network>
    /// By slot. Separate from the networks, so that no network crosses a cache line.
    @usableFromInline let values: UnsafeMutablePointer<UInt32>
    @usableFromInline let slotCount: UInt64

    /// Tables that together hold all entries: nearly always one. Each further table holds the entries without a slot in
    /// the previous ones.
    ///
    /// - Parameter entries: distinct networks, host bits clear.
    static func tables(of entries: [Entry], mask: Network) -> [NetworkTable] {
        var tables: [NetworkTable] = []
        var rest = entries
        // Another seed gives other hashes. The loop ends because each table stores at least one entry.
        while !rest.isEmpty { tables.append(NetworkTable(storing: &rest, mask: mask, seed: UInt64(tables.count))) }
        return tables
    }

    /// Stores the entries that find slots, at least one, and leaves the others in `entries`.
    private init(storing entries: inout [Entry], mask: Network, seed: UInt64) {
        // Two to four networks per group: larger groups are harder to place, smaller ones need more displacements.
        let groupBits = max(Int.bitWidth - (entries.count / 4).leadingZeroBitCount, 1)
        let groupShift = UInt64(64 - groupBits)
        // Few free slots, so that more of the table fits the processor's cache.
        let slotCount = entries.count + entries.count / 32 + 8
        self.mask = mask
        self.seed = seed
        self.groupShift = groupShift
        self.slotCount = UInt64(slotCount)
        displacements = .allocate(capacity: 1 << groupBits)
        displacements.initialize(repeating: 0, count: 1 << groupBits)
        networks = .allocate(capacity: slotCount)
        networks.initialize(repeating: entries[0].network, count: slotCount)
        values = .allocate(capacity: slotCount)
        values.initialize(repeating: entries[0].value, count: slotCount)

        var groups = [[Entry]](repeating: [], count: 1 << groupBits)
        for entry in entries { groups[Int(entry.network.hash(seed) >> groupShift)].append(entry) }
        entries = []
        var isUsed = [Bool](repeating: false, count: slotCount)
        // The largest groups first, while free slots are plentiful. The very first network finds every slot free.
        for group in groups.indices.sorted(by: { groups[$0].count > groups[$1].count }) {
            let hashes = groups[group].map { $0.network.hash(seed) }
            let (displacement, slots) = Self.reserveSlots(for: hashes, &isUsed)
            displacements[group] = displacement
            for (entry, slot) in zip(groups[group], slots) {
                networks[slot] = entry.network
                values[slot] = entry.value
            }
            entries += groups[group].dropFirst(slots.count)
        }
    }

    /// Reserves slots for the hashes of one group: for all of them or, if no displacement allows that, for as many of
    /// the first as possible.
    private static func reserveSlots(
        for hashes: [UInt64], _ isUsed: inout [Bool]
    ) -> (displacement: UInt16, slots: [Int]) {
        let slotCount = UInt64(isUsed.count)
        var best: (displacement: UInt16, count: Int) = (0, 0)
        // Hardly any group needs more. Unplaceable groups, as with equal hashes, need a bound.
        for displacement in 0..<8192 as Range<UInt16> {
            var count = 0
            for hash in hashes {
                let slot = slot(hash, displacement, slotCount)
                if isUsed[slot] { break }
                isUsed[slot] = true
                count += 1
            }
            for hash in hashes.prefix(count) { isUsed[slot(hash, displacement, slotCount)] = false }
            if count > best.count { best = (displacement, count) }
            if count == hashes.count { break }
        }
        let slots = hashes.prefix(best.count).map { slot($0, best.displacement, slotCount) }
        for slot in slots { isUsed[slot] = true }
        return (best.displacement, slots)
    }

    func deallocate() {
        displacements.deallocate()
        networks.deallocate()
        values.deallocate()
    }

    /// The value of the network that contains `address`, or -1.
    @inlinable func lookup(_ address: Network) -> Int {
        let network = address.masked(by: mask)
        let hash = network.hash(seed)
        let displacement = displacements[Int(truncatingIfNeeded: hash &>> groupShift)]
        let slot = Self.slot(hash, displacement, slotCount)
        return networks[slot] == network ? Int(values[slot]) : -1
    }

    /// Less than `slotCount`.
    @inlinable static func slot(_ hash: UInt64, _ displacement: UInt16, _ slotCount: UInt64) -> Int {
        let mixed = (hash ^ UInt64(displacement)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: slotCount).high)
    }
}

/// An address, or a network with its host bits clear. IPv4 uses 32 bits here, so that more networks fit the processor's
/// cache.
@usableFromInline protocol HashedNetwork: Equatable {
    func masked(by mask: Self) -> Self
    /// Pseudo-random. Two networks rarely have the same hash, and even more rarely with the next seed as well. An
    /// attacker who chooses networks for their hashes can only slow down building and lookups.
    func hash(_ seed: UInt64) -> UInt64
}

extension HashedNetwork {
    /// A bijection. A bit of the product depends on lower bits of the factor only: the shift brings the upper bits
    /// down, and a second round spreads them.
    @inlinable static func folded(_ bits: UInt64) -> UInt64 {
        let product = bits &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 32
    }
}

extension UInt32: HashedNetwork {
    @inlinable func masked(by mask: UInt32) -> UInt32 { self & mask }

    @inlinable func hash(_ seed: UInt64) -> UInt64 { Self.folded(Self.folded(UInt64(self) &+ seed)) }
}

extension IPAddress: HashedNetwork {
    @inlinable func masked(by mask: IPAddress) -> IPAddress {
        IPAddress(high: high & mask.high, low: low & mask.low)
    }

    @inlinable func hash(_ seed: UInt64) -> UInt64 {
        Self.folded(Self.folded(Self.folded(high &+ seed) &+ low))
    }
}
