/// An ICMP (RFC 792, 1122, 1191, 1812) or ICMPv6 (RFC 4443) error for a packet that is not forwarded.
public enum ICMPError: Hashable, Sendable {
    /// Type 3 code 13, or type 1 code 1: policy refuses the packet. Applications see "permission denied" or "filtered".
    case administrativelyProhibited
    /// Type 3 code 1, or type 1 code 3.
    case hostUnreachable
    /// Type 3 code 0, or type 1 code 0.
    case noRoute
    /// Type 3 code 4, or type 2. `mtu` is the size in bytes that fits.
    case packetTooBig(mtu: UInt32)

    /// Whether this error may be sent about `packet`. RFC 1122 section 3.2.2 and RFC 4443 section 2.4(e) forbid errors
    /// about errors and redirects, about later fragments of IPv4, and to or about addresses that do not identify a
    /// single host.
    public func mayAnswer(_ packet: IPPacket) -> Bool {
        let (source, destination) = (packet.source, packet.destination)
        guard Self.namesOneHost(source), !destination.isUnspecified, !destination.isMulticast,
            !destination.isLimitedBroadcast
        else { return false }
        guard let transport = packet.transport else {
            // An unknown protocol is not ICMP. A later IPv4 fragment must not be answered; one of IPv6 may.
            return !packet.isIPv4
        }
        switch (packet.isIPv4, transport.protocolNumber) {
        case (true, 1):
            guard transport.offset < packet.bytes.count else { return false }
            // Only queries: echo (8), timestamp (13), and their replies.
            return [0, 8, 13, 14].contains(packet.byte(transport.offset))
        case (false, 58):
            // Errors are the types below 128; 137 is a redirect.
            guard transport.offset < packet.bytes.count else { return false }
            return packet.byte(transport.offset) >= 128 && packet.byte(transport.offset) != 137
        default:
            return true
        }
    }

    /// False for the zero network, loopback, multicast, class E and broadcast (RFC 1122 section 3.2.2, RFC 1812 section
    /// 4.3.2.7), and for the IPv6 addresses ::, ::1 and multicast (RFC 4291 section 2.5.3, RFC 4443 section 2.4(e.6)).
    private static func namesOneHost(_ source: IPAddress) -> Bool {
        guard let ipv4 = source.ipv4 else { return !source.isMulticast && (source.high != 0 || source.low > 1) }
        return (1..<224).contains(ipv4 >> 24) && ipv4 >> 24 != 127
    }

    /// The complete IP packet with this error, from the destination of `packet` to its source: Linux ignores an ICMP
    /// error from one of its own addresses.
    ///
    /// Quotes as much of the packet as fits into 576 bytes (RFC 1812 section 4.3.2.3) or 1280 (RFC 4443 section
    /// 2.4(c)).
    public func answer(to packet: IPPacket) -> [UInt8] {
        packet.isIPv4 ? answerIPv4(packet) : answerIPv6(packet)
    }

    private func answerIPv4(_ packet: IPPacket) -> [UInt8] {
        let (code, rest): (UInt8, UInt32) =
            switch self {
            case .administrativelyProhibited: (13, 0)
            case .hostUnreachable: (1, 0)
            case .noRoute: (0, 0)
            // RFC 1191: the next hop's MTU in the low half.
            case .packetTooBig(let mtu): (4, min(mtu, 0xFFFF))
            }
        var message: [UInt8] = [3, code, 0, 0] + rest.bigEndianBytes
        message += packet.bytes.prefix(576 - 28)
        message.storeChecksum(at: 2, message.withUnsafeBytes { InternetChecksum.sum($0) })
        // Precedence 6, internetwork control (RFC 1812 section 4.3.2.5); TTL 64; protocol 1.
        var header: [UInt8] = [0x45, 0xC0] + UInt16(20 + message.count).bigEndianBytes + [0, 0, 0, 0, 64, 1, 0, 0]
        header += packet.destination.bytes + packet.source.bytes
        header.storeChecksum(at: 10, header.withUnsafeBytes { InternetChecksum.sum($0) })
        return header + message
    }

    private func answerIPv6(_ packet: IPPacket) -> [UInt8] {
        let (type, code, rest): (UInt8, UInt8, UInt32) =
            switch self {
            case .administrativelyProhibited: (1, 1, 0)
            case .hostUnreachable: (1, 3, 0)
            case .noRoute: (1, 0, 0)
            case .packetTooBig(let mtu): (2, 0, mtu)
            }
        var message: [UInt8] = [type, code, 0, 0] + rest.bigEndianBytes
        message += packet.bytes.prefix(1280 - 48)
        let pseudoHeader = InternetChecksum.ipv6PseudoHeader(
            source: packet.destination, destination: packet.source, protocolNumber: 58, byteCount: message.count)
        message.storeChecksum(at: 2, message.withUnsafeBytes { InternetChecksum.sum($0, initial: pseudoHeader) })
        let header: [UInt8] = [0x60, 0, 0, 0] + UInt16(message.count).bigEndianBytes + [58, 64]
        // Copied from the packet: `IPAddress.bytes` of an IPv4-mapped address has 4 bytes.
        return header + packet.bytes[24..<40] + packet.bytes[8..<24] + message
    }
}

extension FixedWidthInteger {
    fileprivate var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
    /// `sum` was computed with the field set to zero.
    fileprivate mutating func storeChecksum(at offset: Int, _ sum: UInt64) {
        replaceSubrange(offset..<offset + 2, with: InternetChecksum.fold(sum).bigEndianBytes)
    }
}
