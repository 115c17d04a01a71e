/// What the kernel says of one message from a UDP socket: the control messages that came with it (cmsg(3)).
///
/// The datagrams of a run share all of it. A datagram that was fragmented is never part of a run: the kernel joins datagrams
/// before it reassembles fragments.
@frozen public struct DatagramOrigin: Equatable, Sendable {
    /// The size of every datagram of the message but the last: UDP_GRO's for a run, the message's own for a lone datagram.
    /// At least 1, also for an empty datagram, and not more than the message's bytes otherwise.
    public var segmentByteCount: Int
    /// DSCP and ECN of the IP header (RFC 2474, RFC 3168). 0 from a socket without `UDPSocket.reportTrafficClass`.
    public var trafficClass: UInt8 = 0
    /// TTL or hop limit of the IP header. The kernel joins only datagrams of one TTL since Linux 6.9 ("net: gro: add flush
    /// check in udp_gro_receive_segment", in stable kernels of May 2024 as well). Before, it may join some that differ and
    /// reports the first's. 0 from a socket without `UDPSocket.reportPath`.
    public var hopLimit: UInt8 = 0
    /// The size in bytes of the largest fragment, with its IP header, that the kernel reassembled the datagram from; 0: it
    /// arrived whole. 0 from a socket without `UDPSocket.reportPath`.
    public var fragmentByteCount: Int = 0
    /// Where the sender sent it, by the IP header: the two halves of an IPv6 address, an IPv4 address mapped into one. Zeros
    /// from a socket without `UDPSocket.reportPath`.
    public var destinationHigh: UInt64 = 0
    public var destinationLow: UInt64 = 0

    @inlinable init(segmentByteCount: Int) {
        self.segmentByteCount = segmentByteCount
    }

    /// Where the sender sent it, with `port`, the socket's own; nil: the kernel does not say.
    @inlinable
    public func destination(port: UInt16) -> SocketAddress? {
        guard destinationHigh | destinationLow != 0 else { return nil }
        return SocketAddress(high: destinationHigh, low: destinationLow, port: port)
    }

    /// Reads the value of one control message; an unknown or a short one changes nothing.
    @inlinable
    mutating func take(level: Int32, type: Int32, _ value: UnsafeRawBufferPointer) {
        guard let start = value.baseAddress else { return }
        switch (level, type, value.count) {
        // kernel: IPPROTO_IP, IP_TOS, a byte
        case (0, 1, 1...): trafficClass = start.load(as: UInt8.self)
        // kernel: IPPROTO_IPV6, IPV6_TCLASS, an int in host order
        case (41, 67, 4...): trafficClass = UInt8(truncatingIfNeeded: start.load(as: Int32.self))
        // kernel: IPPROTO_IP, IP_TTL; IPPROTO_IPV6, IPV6_HOPLIMIT: an int each
        case (0, 2, 4...), (41, 52, 4...): hopLimit = UInt8(truncatingIfNeeded: start.load(as: Int32.self))
        // kernel: IPPROTO_IP, IP_RECVFRAGSIZE; IPPROTO_IPV6, IPV6_RECVFRAGSIZE: an int each, for a reassembled datagram only
        case (0, 25, 4...), (41, 77, 4...): fragmentByteCount = Int(start.load(as: Int32.self))
        // kernel: SOL_UDP, UDP_GRO, an int
        case (17, 104, 4...):
            let size = Int(start.load(as: Int32.self))
            if size > 0, size < segmentByteCount { segmentByteCount = size }
        // kernel: IPPROTO_IP, IP_PKTINFO, struct in_pktinfo: interface 4, local address 4, the header's 4
        case (0, 8, 12...):
            let address = SocketAddress(
                ipv4: UInt32(bigEndian: start.load(fromByteOffset: 8, as: UInt32.self)), port: 0)
            (destinationHigh, destinationLow) = (address.high, address.low)
        // kernel: IPPROTO_IPV6, IPV6_PKTINFO, struct in6_pktinfo: the header's 16, interface 4
        case (41, 50, 20...):
            destinationHigh = UInt64(bigEndian: start.load(as: UInt64.self))
            destinationLow = UInt64(bigEndian: start.load(fromByteOffset: 8, as: UInt64.self))
        default: break
        }
    }
}
