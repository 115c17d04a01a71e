/// The checksum of RFC 1071: the one's complement of the one's complement sum of 16-bit words.
public enum InternetChecksum {
    /// The running sum over `bytes`, on top of `initial`; a last odd byte counts as the high half of a word. Only the last
    /// piece of a message may have an odd length.
    public static func sum(_ bytes: UnsafeRawBufferPointer, initial: UInt64 = 0) -> UInt64 {
        var total = initial
        var offset = 0
        while offset + 1 < bytes.count {
            total &+= UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
            offset += 2
        }
        if offset < bytes.count { total &+= UInt64(bytes[offset]) << 8 }
        return total
    }

    /// What goes into the checksum field, for a message whose field was zero while it was summed.
    public static func fold(_ sum: UInt64) -> UInt16 {
        var sum = sum
        while sum >> 16 != 0 { sum = (sum & 0xFFFF) + (sum >> 16) }
        return ~UInt16(sum)
    }

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
