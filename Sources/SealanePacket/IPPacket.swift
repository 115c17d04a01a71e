/// A read-only view of one IPv4 or IPv6 packet. The caller owns the memory and keeps it while it uses the view.
///
/// The view exists only if the bytes are exactly one packet: a tunnel carries packets without padding.
@frozen public struct IPPacket {
    public let bytes: UnsafeRawBufferPointer

    /// Nil unless `bytes` is a whole IPv4 packet (RFC 791: version 4, a header of at least 20 bytes, total length equal
    /// to the number of bytes) or a whole IPv6 packet (RFC 8200: version 6, payload length + 40 equal to the number of
    /// bytes). Does not verify checksums; the next hop does.
    @inlinable public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 20 else { return nil }
        let first = bytes.loadUnaligned(as: UInt8.self)
        if first >> 4 == 4 {
            let headerByteCount = Int(first & 0xF) * 4
            let total = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard headerByteCount >= 20, total == bytes.count, headerByteCount <= total else { return nil }
        } else if first >> 4 == 6 {
            guard bytes.count >= 40 else { return nil }
            let payload = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)))
            guard payload + 40 == bytes.count else { return nil }
        } else {
            return nil
        }
        self.bytes = bytes
    }

    @inlinable func byte(_ offset: Int) -> UInt8 { bytes.loadUnaligned(fromByteOffset: offset, as: UInt8.self) }

    @inlinable func word(_ offset: Int) -> UInt16 {
        UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inlinable public var isIPv4: Bool { byte(0) >> 4 == 4 }

    @inlinable public var source: IPAddress { isIPv4 ? ipv4Address(at: 12) : ipv6Address(at: 8) }
    @inlinable public var destination: IPAddress { isIPv4 ? ipv4Address(at: 16) : ipv6Address(at: 24) }

    @inlinable func ipv4Address(at offset: Int) -> IPAddress {
        IPAddress(ipv4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    @inlinable func ipv6Address(at offset: Int) -> IPAddress {
        IPAddress(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)))
    }

    /// Whether it is an IPv6 packet from or to an IPv4-mapped address, ::ffff:0:0/96, which `IPAddress` treats as an
    /// IPv4 address. Such addresses are for use within a host (RFC 4291 section 2.5.5.2): no legitimate packet has one.
    @inlinable public var hasMappedAddress: Bool { !isIPv4 && (isMapped(at: 8) || isMapped(at: 24)) }

    @inlinable func isMapped(at offset: Int) -> Bool {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) == 0
            && UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)) == 0xFFFF
    }

    /// DSCP and ECN (RFC 2474, RFC 3168).
    @inlinable public var trafficClass: UInt8 { isIPv4 ? byte(1) : UInt8(truncatingIfNeeded: word(0) >> 4) }

    /// IPv6 routers never fragment (RFC 8200 section 4.5).
    public var mayNotBeFragmented: Bool { isIPv4 ? byte(6) & 0x40 != 0 : true }

    /// The header after the IP header and any IPv6 extension headers. Nil if it is unknown: a later fragment, a
    /// truncated or unknown header, or more headers than any sender uses.
    public var transport: (protocolNumber: UInt8, offset: Int)? {
        if isIPv4 {
            guard word(6) & 0x1FFF == 0 else { return nil }
            return (byte(9), Int(byte(0) & 0xF) * 4)
        }
        var next = byte(6)
        var offset = 40
        for _ in 0..<8 {
            switch next {
            case 0, 43, 60:
                // Hop-by-hop, routing, destination options: the length counts 8-byte units after the first.
                guard offset + 8 <= bytes.count else { return nil }
                next = byte(offset)
                offset += 8 + 8 * Int(byte(offset + 1))
            case 44:
                guard offset + 8 <= bytes.count, word(offset + 2) & 0xFFF8 == 0 else { return nil }
                next = byte(offset)
                offset += 8
            case 51:
                // Authentication (RFC 4302): the length counts 4-byte units after the first two.
                guard offset + 8 <= bytes.count else { return nil }
                next = byte(offset)
                offset += 8 + 4 * Int(byte(offset + 1))
            case 6, 17, 58:
                return offset <= bytes.count ? (next, offset) : nil
            default:
                return nil
            }
        }
        return nil
    }
}
