/// The kernel's report on one message from a UDP socket: the control messages that came with it (cmsg(3)).
///
/// All datagrams of a run share it. A fragmented datagram is never part of a run, because the kernel joins datagrams
/// before it reassembles fragments.
@frozen public struct DatagramOrigin: Equatable, Sendable {
    /// The size of every datagram of the message but the last: from UDP_GRO for a run, the message's own size for a
    /// single datagram. At least 1, even for an empty datagram, and otherwise at most the message's size.
    public var segmentByteCount: Int
    /// DSCP and ECN of the IP header (RFC 2474, RFC 3168). 0 without `UDPSocket.reportTrafficClass`.
    public var trafficClass: UInt8 = 0
    /// TTL or hop limit of the IP header. Since Linux 6.9 the kernel joins only datagrams of one TTL ("net: gro: add
    /// flush check in udp_gro_receive_segment", also in stable kernels of May 2024). Older kernels may join datagrams
    /// of different TTLs and report the first's. 0 without `UDPSocket.reportPath`.
    public var hopLimit: UInt8 = 0
    /// The size in bytes, IP header included, of the largest fragment from which the kernel reassembled the datagram;
    /// 0: it arrived whole. 0 without `UDPSocket.reportPath`.
    public var fragmentByteCount: Int = 0
    /// The destination address of the IP header, as the two halves of an IPv6 address; an IPv4 address is mapped. Zeros
    /// without `UDPSocket.reportPath`.
    public var destinationHigh: UInt64 = 0
    public var destinationLow: UInt64 = 0

    /// Decodes the control messages of one message in one pass. Ignores unknown ones and those with a short value.
    /// Stops at one
    /// whose length does not fit, as the kernel leaves it in an area that was too small.
    ///
    /// - Parameters:
    ///   - control: the part of the control area that the kernel filled (`msg_controllen` bytes).
    ///   - messageByteCount: the length of the message.
    @inlinable
    public init(control: UnsafeRawBufferPointer, messageByteCount: Int) {
        segmentByteCount = max(messageByteCount, 1)
        guard let start = control.baseAddress else { return }
        // struct cmsghdr: length 8, level 4, type 4; then the value, padded to 8.
        let headerByteCount = 16
        var offset = 0
        while offset &+ headerByteCount < control.count {
            let length = start.loadUnaligned(fromByteOffset: offset, as: Int.self)
            guard length > headerByteCount, length <= control.count &- offset else { return }
            decode(
                level: start.loadUnaligned(fromByteOffset: offset &+ 8, as: Int32.self),
                type: start.loadUnaligned(fromByteOffset: offset &+ 12, as: Int32.self),
                start + (offset &+ headerByteCount), byteCount: length &- headerByteCount)
            offset &+= (length &+ 7) & ~7
        }
    }

    /// The destination address of the IP header with `port`, the socket's own; nil: the kernel does not report it.
    @inlinable
    public func destination(port: UInt16) -> SocketAddress? {
        guard destinationHigh | destinationLow != 0 else { return nil }
        return SocketAddress(high: destinationHigh, low: destinationLow, port: port)
    }

    /// Decodes one control message. Ignores an unknown one and one whose value is too short.
    @inlinable
    mutating func decode(level: Int32, type: Int32, _ value: UnsafeRawPointer, byteCount: Int) {
        switch level {
        // kernel: IPPROTO_IP
        case 0:
            switch type {
            // IP_TOS, a byte
            case 1 where byteCount >= 1: trafficClass = value.loadUnaligned(as: UInt8.self)
            // IP_TTL, an int
            case 2 where byteCount >= 4: hopLimit = UInt8(truncatingIfNeeded: value.loadUnaligned(as: Int32.self))
            // IP_PKTINFO, struct in_pktinfo: interface 4, local address 4, the header's 4
            case 8 where byteCount >= 12:
                let address = SocketAddress(
                    ipv4: UInt32(bigEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt32.self)), port: 0)
                (destinationHigh, destinationLow) = (address.high, address.low)
            // IP_RECVFRAGSIZE, an int, for a reassembled datagram only
            case 25 where byteCount >= 4: fragmentByteCount = Int(value.loadUnaligned(as: Int32.self))
            default: break
            }
        // kernel: IPPROTO_IPV6
        case 41:
            switch type {
            // IPV6_PKTINFO, struct in6_pktinfo: the header's 16, interface 4
            case 50 where byteCount >= 20:
                destinationHigh = UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
                destinationLow = UInt64(bigEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            // IPV6_HOPLIMIT, an int
            case 52 where byteCount >= 4: hopLimit = UInt8(truncatingIfNeeded: value.loadUnaligned(as: Int32.self))
            // IPV6_TCLASS, an int in host order
            case 67 where byteCount >= 4: trafficClass = UInt8(truncatingIfNeeded: value.loadUnaligned(as: Int32.self))
            // IPV6_RECVFRAGSIZE, an int, for a reassembled datagram only
            case 77 where byteCount >= 4: fragmentByteCount = Int(value.loadUnaligned(as: Int32.self))
            default: break
            }
        // kernel: SOL_UDP, UDP_GRO, an int
        case 17 where type == 104 && byteCount >= 4:
            let size = Int(value.loadUnaligned(as: Int32.self))
            if size > 0, size < segmentByteCount { segmentByteCount = size }
        default: break
        }
    }
}
