/// Maps an address to the value of the longest prefix that contains it. Immutable: built once, then read by any thread.
///
/// Tries the prefix lengths of the address's family from the longest on, each in a table of its own. The number of
/// lengths determines the cost of a lookup: among host routes alone it is one table, however many routes there are.
public final class PrefixTable: @unchecked Sendable {
    // Sendable: all memory is written in init only.
    /// The longest networks first; rarely more than one table per length.
    @usableFromInline let ipv4: UnsafeMutableBufferPointer<NetworkTable<UInt32>>
    @usableFromInline let ipv6: UnsafeMutableBufferPointer<NetworkTable<IPAddress>>
    public let count: Int
    /// Rarely more than one per length and family. A lookup tries those of its family, each once.
    package var tableCount: Int { ipv4.count + ipv6.count }

    /// For a repeated prefix, the last value counts. Host bits are ignored.
    public init(_ entries: some Sequence<(IPPrefix, UInt32)>) {
        var values: [IPPrefix: UInt32] = [:]
        for (prefix, value) in entries { values[prefix.network] = value }
        count = values.count
        var ipv4Entries: [Int: [NetworkTable<UInt32>.Entry]] = [:]
        var ipv6Entries: [Int: [NetworkTable<IPAddress>.Entry]] = [:]
        for (prefix, value) in values {
            if let address = prefix.address.ipv4 {
                ipv4Entries[prefix.length, default: []].append((address, value))
            } else {
                ipv6Entries[prefix.length, default: []].append((prefix.address, value))
            }
        }
        ipv4 = Self.tables(ipv4Entries) { length in .max << (32 - length) }
        ipv6 = Self.tables(ipv6Entries) { length in IPAddress(high: .max, low: .max).masked(to: length) }
    }

    private static func tables<Network>(
        _ entriesByLength: [Int: [NetworkTable<Network>.Entry]], mask: (Int) -> Network
    ) -> UnsafeMutableBufferPointer<NetworkTable<Network>> {
        let ordered = entriesByLength.sorted { $0.key > $1.key }.flatMap { length, entries in
            NetworkTable.tables(of: entries, mask: mask(length))
        }
        let tables = UnsafeMutableBufferPointer<NetworkTable<Network>>.allocate(capacity: ordered.count)
        _ = tables.initialize(from: ordered)
        return tables
    }

    deinit {
        for table in ipv4 { table.deallocate() }
        for table in ipv6 { table.deallocate() }
        ipv4.deallocate()
        ipv6.deallocate()
    }

    /// The value of the longest prefix that contains `address`, or -1.
    @inlinable public func lookup(_ address: IPAddress) -> Int {
        if address.isIPv4 { return Self.lookup(UInt32(truncatingIfNeeded: address.low), ipv4) }
        return Self.lookup(address, ipv6)
    }

    @inlinable static func lookup<Network>(
        _ address: Network, _ tables: UnsafeMutableBufferPointer<NetworkTable<Network>>
    ) -> Int {
        for at in 0..<tables.count {
            let value = tables[at].lookup(address)
            if value >= 0 { return value }
        }
        return -1
    }
}
