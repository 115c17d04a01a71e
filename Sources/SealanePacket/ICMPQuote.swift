/// The packet that an ICMP error (RFC 792) or ICMPv6 error (RFC 4443) quotes.
@frozen public enum ICMPQuote: Hashable, Sendable {
    /// The packet is not an ICMP error.
    case none
    /// The packet is, or may be, an ICMP error that does not identify the quoted packet: the quote is truncated, of the
    /// other family, has a routing header, or is itself about an error; the error is fragmented; or it is a redirect,
    /// which only a router on the same link may send (RFC 1122 section 3.2.2.2, RFC 4861 section 8.1).
    case unclear
    /// The error quotes a packet with these addresses.
    case packet(source: IPAddress, destination: IPAddress)
}

extension IPPacket {
    /// False for TCP and UDP without extension headers, which are most packets: they contain no ICMP message.
    @inlinable public var mayCarryICMP: Bool {
        if isIPv4 { return byte(9) == 1 }
        let next = byte(6)
        return next != 6 && next != 17
    }

    /// The packet that this packet quotes if it is an ICMP error. Only reads, and allocates nothing.
    ///
    /// Linux finds the socket, and the path whose MTU it lowers, by the quoted addresses alone, and follows IPv6
    /// extension headers to any depth. So does this.
    public var icmpQuote: ICMPQuote { isIPv4 ? icmpv4Quote : icmpv6Quote }

    private var icmpv4Quote: ICMPQuote {
        let start = Int(byte(0) & 0xF) * 4
        // The first fragment contains the first byte of a message, even if other fragments overlap it.
        guard byte(9) == 1, word(6) & 0x1FFF == 0, start < bytes.count else { return .none }
        guard Self.isICMPv4Error(byte(start)) else { return .none }
        let hasMoreFragments = word(6) & 0x2000 != 0
        let quote = start + 8
        guard byte(start) != 5, !hasMoreFragments, quote + 20 <= bytes.count, byte(quote) >> 4 == 4 else {
            return .unclear
        }
        let headerByteCount = Int(byte(quote) & 0xF) * 4
        guard headerByteCount >= 20, quote + headerByteCount <= bytes.count else { return .unclear }
        if byte(quote + 9) == 1, word(quote + 6) & 0x1FFF == 0 {
            // RFC 1122 section 3.2.2: no error is sent about an error.
            guard quote + headerByteCount < bytes.count else { return .unclear }
            if Self.isICMPv4Error(byte(quote + headerByteCount)) { return .unclear }
        }
        return .packet(source: ipv4Address(at: quote + 12), destination: ipv4Address(at: quote + 16))
    }

    private var icmpv6Quote: ICMPQuote {
        // RFC 7112: a first fragment contains all headers. How Linux treats one that does not is unknown.
        guard let chain = HeaderChain(bytes, startingAt: 0) else { return .unclear }
        guard chain.protocolNumber == 58, !chain.isLaterFragment, chain.end < bytes.count,
            Self.isICMPv6Error(byte(chain.end))
        else { return .none }
        let quote = chain.end + 8
        guard byte(chain.end) != 137, !chain.isFragment, quote + 40 <= bytes.count, byte(quote) >> 4 == 6,
            let quoted = HeaderChain(bytes, startingAt: quote), !quoted.hasRoutingHeader
        else { return .unclear }
        if quoted.protocolNumber == 58, !quoted.isLaterFragment {
            // RFC 4443 section 2.4(e): no error is sent about an error or a redirect.
            guard quoted.end < bytes.count, !Self.isICMPv6Error(byte(quoted.end)) else { return .unclear }
        }
        let (source, destination) = (ipv6Address(at: quote + 8), ipv6Address(at: quote + 24))
        // An IPv4-mapped address would match IPv4 prefixes, but no packet has one (RFC 4038 section 4.2).
        guard !source.isIPv4, !destination.isIPv4 else { return .unclear }
        return .packet(source: source, destination: destination)
    }

    /// 5 is a redirect.
    private static func isICMPv4Error(_ type: UInt8) -> Bool {
        type == 3 || type == 4 || type == 5 || type == 11 || type == 12
    }

    /// Types below 128; 137 is a redirect.
    private static func isICMPv6Error(_ type: UInt8) -> Bool { type < 128 || type == 137 }
}

/// The headers of an IPv6 packet up to the first that is not an extension header (RFC 8200 section 4), or up to a later
/// fragment.
private struct HeaderChain {
    var protocolNumber: UInt8
    /// The offset of that header. At most the count of the bytes; then the header itself is missing.
    var end: Int
    var isFragment = false
    var isLaterFragment = false
    var hasRoutingHeader = false

    /// Nil if the bytes end within an extension header.
    ///
    /// - Parameter start: the offset of a complete IPv6 header.
    init?(_ bytes: UnsafeRawBufferPointer, startingAt start: Int) {
        protocolNumber = bytes[start + 6]
        end = start + 40
        // Each iteration advances by at least 8 bytes.
        while Self.isExtension(protocolNumber) {
            guard end + 8 <= bytes.count else { return nil }
            let length = Int(bytes[end + 1])
            let next = bytes[end]
            switch protocolNumber {
            case 44:
                let field = UInt16(bytes[end + 2]) << 8 | UInt16(bytes[end + 3])
                // Offset 0 without more fragments is a whole packet (RFC 6946).
                isFragment = isFragment || field & 0xFFF9 != 0
                isLaterFragment = field & 0xFFF8 != 0
                end += 8
            case 51:
                // Authentication (RFC 4302): the length counts 4-byte units after the first two.
                end += 8 + 4 * length
            default:
                hasRoutingHeader = hasRoutingHeader || protocolNumber == 43
                end += 8 + 8 * length
            }
            protocolNumber = next
            guard end <= bytes.count else { return nil }
            if isLaterFragment { return }
        }
    }

    /// Hop-by-hop options, routing, fragment, authentication, destination options.
    private static func isExtension(_ number: UInt8) -> Bool {
        number == 0 || number == 43 || number == 44 || number == 51 || number == 60
    }
}
