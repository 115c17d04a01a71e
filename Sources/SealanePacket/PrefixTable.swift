/// Which value stands for the longest prefix that contains an address. Immutable: built once, then read by any thread.
///
/// Per family the lengths that occur are tried from the longest; each is one probe of a hash table over the masked
/// address. A table of host routes thus costs one probe, however many there are.
public final class PrefixTable: @unchecked Sendable {
    // Sendable: all memory is written in init only.
    @usableFromInline struct Slot {
        @usableFromInline var high: UInt64
        @usableFromInline var low: UInt64
        /// Of the prefix, counted in 128 bits; -1: the slot is free.
        @usableFromInline var length: Int32
        @usableFromInline var value: UInt32
    }

    @usableFromInline let slots: UnsafeMutablePointer<Slot>
    @usableFromInline let mask: Int
    /// The lengths that occur, longest first, counted in 128 bits: IPv4's first (96 and above), then IPv6's.
    @usableFromInline let lengths: UnsafeMutablePointer<Int32>
    @usableFromInline let ipv4LengthCount: Int
    @usableFromInline let lengthCount: Int
    public let count: Int

    /// A prefix that comes twice keeps its last value. Host bits are ignored.
    public init(_ entries: some Sequence<(IPPrefix, UInt32)>) {
        var values: [IPPrefix: UInt32] = [:]
        for (prefix, value) in entries { values[prefix.network] = value }
        count = values.count
        var capacity = 8
        while capacity < values.count * 2 { capacity *= 2 }
        mask = capacity - 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: Slot(high: 0, low: 0, length: -1, value: 0), count: capacity)
        func sorted(ipv4: Bool) -> [Int32] {
            Set(values.keys.filter { $0.address.isIPv4 == ipv4 }.map { Int32($0.length + (ipv4 ? 96 : 0)) })
                .sorted(by: >)
        }
        let ipv4Lengths = sorted(ipv4: true)
        let allLengths = ipv4Lengths + sorted(ipv4: false)
        ipv4LengthCount = ipv4Lengths.count
        lengthCount = allLengths.count
        lengths = .allocate(capacity: max(allLengths.count, 1))
        for (at, length) in allLengths.enumerated() { (lengths + at).initialize(to: length) }
        for (prefix, value) in values {
            let length = Int32(prefix.length + (prefix.address.isIPv4 ? 96 : 0))
            var at = Self.hash(prefix.address.high, prefix.address.low, length) & mask
            while slots[at].length >= 0 { at = (at + 1) & mask }
            slots[at] = Slot(high: prefix.address.high, low: prefix.address.low, length: length, value: value)
        }
    }

    deinit {
        slots.deallocate()
        lengths.deallocate()
    }

    /// The value of the longest prefix that contains `address`, or -1.
    @inlinable public func lookup(_ address: IPAddress) -> Int {
        let isIPv4 = address.isIPv4
        var at = isIPv4 ? 0 : ipv4LengthCount
        let end = isIPv4 ? ipv4LengthCount : lengthCount
        while at < end {
            let length = lengths[at]
            let kept = UInt64(length)
            // Shifts by 64 or more give 0, as wanted.
            let high = address.high & (kept >= 64 ? .max : ~(UInt64.max >> kept))
            let low = address.low & (kept <= 64 ? 0 : ~(UInt64.max >> (kept - 64)))
            var slot = Self.hash(high, low, length) & mask
            while slots[slot].length >= 0 {
                if slots[slot].low == low, slots[slot].high == high, slots[slot].length == length {
                    return Int(slots[slot].value)
                }
                slot = (slot &+ 1) & mask
            }
            at &+= 1
        }
        return -1
    }

    /// Mixes as the finisher of MurmurHash3 does (Appleby, public domain): peers choose neither table nor addresses.
    @inlinable static func hash(_ high: UInt64, _ low: UInt64, _ length: Int32) -> Int {
        var mixed = low ^ (high &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(length) << 56
        mixed ^= mixed >> 33
        mixed = mixed &* 0xFF51_AFD7_ED55_8CCD
        mixed ^= mixed >> 33
        return Int(truncatingIfNeeded: mixed)
    }
}
