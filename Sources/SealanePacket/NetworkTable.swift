/// The networks of one length, each with its value, in a hash table without collisions (known as "hash and displace").
///
/// Networks whose hashes begin with the same bits are a group. A network's hash and its group's displacement give its
/// place. When the table is built, displacements are tried for each group until each of its networks has a place of its
/// own. A lookup thus reads one displacement and one place, whatever it looks for: many networks cost it cache misses,
/// but no search whose length the processor cannot predict.
///
/// The memory is the owner's to free.
@usableFromInline struct NetworkTable<Network: HashedNetwork> {
    typealias Entry = (network: Network, value: UInt32)

    /// The bits of an address that are its network.
    @usableFromInline let mask: Network
    @usableFromInline let seed: UInt64
    /// A hash shifted right by this is the number of its group.
    @usableFromInline let groupShift: UInt64
    /// By group.
    @usableFromInline let displacements: UnsafeMutablePointer<UInt16>
    /// By place. Free places repeat one of the entries: whoever finds it there gets its value all the same.
    @usableFromInline let networks: UnsafeMutablePointer<Network>
    /// By place. Apart from the networks, so that none of those lies across two cache lines.
    @usableFromInline let values: UnsafeMutablePointer<UInt32>
    @usableFromInline let placeCount: UInt64

    /// Tables that hold all of the entries between them: nearly always one. Each further one takes what found no place
    /// in those before.
    ///
    /// - Parameter entries: no network twice, host bits clear.
    static func tables(of entries: [Entry], mask: Network) -> [NetworkTable] {
        var tables: [NetworkTable] = []
        var rest = entries
        // Another seed gives other hashes. It ends because each table takes at least one entry.
        while !rest.isEmpty { tables.append(NetworkTable(taking: &rest, mask: mask, seed: UInt64(tables.count))) }
        return tables
    }

    /// Takes the entries that find places, at least one, and leaves the others in `entries`.
    private init(taking entries: inout [Entry], mask: Network, seed: UInt64) {
        // Two to four networks to a group: larger groups are harder to place, smaller ones need more displacements.
        let groupBits = max(Int.bitWidth - (entries.count / 4).leadingZeroBitCount, 1)
        let groupShift = UInt64(64 - groupBits)
        // Few free places, so that more of the table is in the processor's cache.
        let placeCount = entries.count + entries.count / 32 + 8
        self.mask = mask
        self.seed = seed
        self.groupShift = groupShift
        self.placeCount = UInt64(placeCount)
        displacements = .allocate(capacity: 1 << groupBits)
        displacements.initialize(repeating: 0, count: 1 << groupBits)
        networks = .allocate(capacity: placeCount)
        networks.initialize(repeating: entries[0].network, count: placeCount)
        values = .allocate(capacity: placeCount)
        values.initialize(repeating: entries[0].value, count: placeCount)

        var groups = [[Entry]](repeating: [], count: 1 << groupBits)
        for entry in entries { groups[Int(entry.network.hash(seed) >> groupShift)].append(entry) }
        entries = []
        var isTaken = [Bool](repeating: false, count: placeCount)
        // The largest first, as free places become scarce. The first network of all finds every place free.
        for group in groups.indices.sorted(by: { groups[$0].count > groups[$1].count }) {
            let hashes = groups[group].map { $0.network.hash(seed) }
            let (displacement, places) = Self.takePlaces(for: hashes, &isTaken)
            displacements[group] = displacement
            for (entry, place) in zip(groups[group], places) {
                networks[place] = entry.network
                values[place] = entry.value
            }
            entries += groups[group].dropFirst(places.count)
        }
    }

    /// Takes places for the hashes of one group: for all of them or, if no displacement does that, for as many as can
    /// be from the first on.
    private static func takePlaces(
        for hashes: [UInt64], _ isTaken: inout [Bool]
    ) -> (displacement: UInt16, places: [Int]) {
        let placeCount = UInt64(isTaken.count)
        var best: (displacement: UInt16, count: Int) = (0, 0)
        // Hardly any group needs more. Without a bound, groups that cannot be placed, as with equal hashes, take long.
        for displacement in 0..<8192 as Range<UInt16> {
            var count = 0
            for hash in hashes {
                let place = place(hash, displacement, placeCount)
                if isTaken[place] { break }
                isTaken[place] = true
                count += 1
            }
            for hash in hashes.prefix(count) { isTaken[place(hash, displacement, placeCount)] = false }
            if count > best.count { best = (displacement, count) }
            if count == hashes.count { break }
        }
        let places = hashes.prefix(best.count).map { place($0, best.displacement, placeCount) }
        for place in places { isTaken[place] = true }
        return (best.displacement, places)
    }

    func deallocate() {
        displacements.deallocate()
        networks.deallocate()
        values.deallocate()
    }

    /// The value of the network that `address` belongs to, or -1.
    @inlinable func lookup(_ address: Network) -> Int {
        let network = address.masked(by: mask)
        let hash = network.hash(seed)
        let displacement = displacements[Int(truncatingIfNeeded: hash &>> groupShift)]
        let place = Self.place(hash, displacement, placeCount)
        return networks[place] == network ? Int(values[place]) : -1
    }

    /// Less than `placeCount`.
    @inlinable static func place(_ hash: UInt64, _ displacement: UInt16, _ placeCount: UInt64) -> Int {
        let mixed = (hash ^ UInt64(displacement)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: placeCount).high)
    }
}

/// An address, or a network with its host bits clear. IPv4 has 32 bits here, so that more fits the processor's cache.
@usableFromInline protocol HashedNetwork: Equatable {
    func masked(by mask: Self) -> Self
    /// As good as random. Two networks rarely have the same hash, and if so, rarely with the next seed as well. Whoever
    /// chooses networks for their hashes can cause that; it slows down the building of tables and lookups, no more.
    func hash(_ seed: UInt64) -> UInt64
}

extension HashedNetwork {
    /// One-to-one. A bit of the product depends on the factor's lower bits only: the shift brings the upper ones down,
    /// for a second round to spread them.
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
