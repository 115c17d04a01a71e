/// The checksum of RFC 1071: the one's complement of the one's complement sum of 16-bit words.
@frozen public enum InternetChecksum {
    /// The running sum over `bytes`, added to `initial`. A last odd byte counts as the high half of a word, so only the
    /// last piece of a message may have an odd length.
    @inlinable public static func sum(_ bytes: UnsafeRawBufferPointer, initial: UInt64 = 0) -> UInt64 {
        guard let start = bytes.baseAddress else { return initial }
        return initial &+ sum(start, byteCount: bytes.count)
    }

    /// The running sum over `byteCount` bytes, folded to 16 bits; 0 only if all of them are 0.
    ///
    /// Adds 8 bytes at a time in host order: the one's complement sum does not depend on the byte order (RFC 1071
    /// section 2(B)).
    @inlinable static func sum(_ start: UnsafeRawPointer, byteCount: Int) -> UInt64 {
        var total: UInt64 = 0
        var offset = 0
        while byteCount &- offset >= 8 {
            let word = start.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            total &+= (word & 0xFFFF_FFFF) &+ (word >> 32)
            offset &+= 8
        }
        while byteCount &- offset >= 2 {
            total &+= UInt64(start.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset &+= 2
        }
        if offset < byteCount {
            let last = UInt16(start.loadUnaligned(fromByteOffset: offset, as: UInt8.self)) << 8
            total &+= UInt64(last.bigEndian)
        }
        return UInt64(folded(total).bigEndian)
    }

    /// The sum itself in 16 bits; 0 only if `sum` is 0. A sender leaves it in the checksum field for the hardware to
    /// complete.
    @inlinable static func folded(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) &+ (sum >> 16) }
        return UInt16(truncatingIfNeeded: sum)
    }

    /// The value for the checksum field of a message that was summed with this field set to zero.
    @inlinable public static func fold(_ sum: UInt64) -> UInt16 { ~folded(sum) }

    /// The sum over IPv6's pseudo-header (RFC 8200 section 8.1).
    static func ipv6PseudoHeader(
        source: IPAddress, destination: IPAddress, protocolNumber: UInt8, byteCount: Int
    ) -> UInt64 {
        var total = UInt64(protocolNumber) + UInt64(byteCount)
        for half in [source.high, source.low, destination.high, destination.low] {
            for shift in [48, 32, 16, 0] as [UInt64] { total += half >> shift & 0xFFFF }
        }
        return total
    }
}
