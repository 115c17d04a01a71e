import CLinux
import Glibc

/// The memory that one recvmmsg(2) fills: a fixed number of datagrams with a buffer each, allocated once.
///
/// From a socket with `UDPSocket.setGRO` on, one message may be a run: several datagrams of one sender, one behind the
/// other, all of `segmentByteCount(at:)` bytes but the last, which may be shorter. Buffers of 65,535 bytes hold any.
///
/// What an index in `0..<count` gives stays valid, and may be changed in place (the datagram is opened where it lies),
/// until the next receive into this batch or its end. Used by one thread at a time.
public struct ReceiveBatch: ~Copyable, @unchecked Sendable {
    /// The most messages that one call fetches.
    public let capacity: Int
    /// The longest message that a buffer holds whole.
    public let bufferByteCount: Int
    /// Messages of the last receive; 0 if it failed.
    public private(set) var count: Int = 0

    @usableFromInline let stride: Int
    @usableFromInline let buffers: UnsafeMutableRawPointer
    @usableFromInline let headers: UnsafeMutablePointer<clinux_mmsghdr>
    @usableFromInline let addresses: UnsafeMutableRawPointer
    @usableFromInline let controls: UnsafeMutableRawPointer
    private let pieces: UnsafeMutablePointer<iovec>
    // Messages whose lengths and flags the kernel has overwritten.
    private var used: Int = 0

    /// - Parameters:
    ///   - capacity: 1...1024.
    ///   - bufferByteCount: 1...65536, the longest message to expect.
    public init(capacity: Int, bufferByteCount: Int) {
        precondition((1...1024).contains(capacity), "a batch holds 1 to 1024 datagrams (UIO_MAXIOV), not \(capacity)")
        precondition((1...65536).contains(bufferByteCount), "a message has 1 to 65536 bytes, not \(bufferByteCount)")
        self.capacity = capacity
        self.bufferByteCount = bufferByteCount
        stride = (bufferByteCount + 63) & ~63
        buffers = .allocate(byteCount: stride * capacity, alignment: 64)
        addresses = .allocate(byteCount: Self.addressStride * capacity, alignment: 8)
        controls = .allocate(byteCount: Self.controlStride * capacity, alignment: 8)
        headers = .allocate(capacity: capacity)
        pieces = .allocate(capacity: capacity)
        for index in 0..<capacity {
            pieces.advanced(by: index).initialize(
                to: iovec(iov_base: buffers + index * stride, iov_len: bufferByteCount))
            var header = msghdr()
            header.msg_name = addresses + index * Self.addressStride
            header.msg_namelen = socklen_t(Self.addressStride)
            header.msg_iov = pieces + index
            header.msg_iovlen = 1
            header.msg_control = controls + index * Self.controlStride
            header.msg_controllen = Self.controlStride
            headers.advanced(by: index).initialize(to: clinux_mmsghdr(msg_hdr: header, msg_len: 0))
        }
    }

    deinit {
        buffers.deallocate()
        addresses.deallocate()
        controls.deallocate()
        headers.deallocate()
        pieces.deallocate()
    }

    @usableFromInline static var addressStride: Int { @inlinable get { 32 } }
    // Room for control messages, cmsg(3): length 8, level 4, type 4, value, padded to 8. Over IPv6 112 bytes come: destination
    // 40, hop limit 24, traffic class 24, segment size 24.
    @usableFromInline static var controlStride: Int { @inlinable get { 160 } }
    @usableFromInline static var controlHeaderByteCount: Int { @inlinable get { 16 } }

    /// The bytes that arrived: at most `bufferByteCount`.
    @inlinable
    public borrowing func datagram(at index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: buffers + index &* stride, count: Int(headers[index].msg_len))
    }

    /// The size of every datagram of the message at `index` but the last: of a run what the kernel says (UDP_GRO), of a
    /// lone datagram its own. At least 1, also for an empty datagram, and not more than the message's bytes otherwise.
    @inlinable
    public borrowing func segmentByteCount(at index: Int) -> Int {
        let byteCount = Int(headers[index].msg_len)
        // kernel: SOL_UDP, UDP_GRO, an int
        if let value = control(17, 104, ofMessage: index) {
            let size = Int(value.load(as: Int32.self))
            if size > 0, size < byteCount { return size }
        }
        return max(byteCount, 1)
    }

    /// DSCP and ECN of the IP headers that the message came with (RFC 2474, RFC 3168): the datagrams of a run share it. 0
    /// from a socket without `UDPSocket.reportTrafficClass`.
    @inlinable
    public borrowing func trafficClass(at index: Int) -> UInt8 {
        // kernel: IPPROTO_IP, IP_TOS, a byte; IPPROTO_IPV6, IPV6_TCLASS, an int in host order
        if let value = control(0, 1, ofMessage: index) { return value.load(as: UInt8.self) }
        if let value = control(41, 67, ofMessage: index) {
            return UInt8(truncatingIfNeeded: value.load(as: Int32.self))
        }
        return 0
    }

    /// TTL or hop limit of the IP headers that the message came with, which the datagrams of a run share: the kernel joins no
    /// others since Linux 6.9 ("net: gro: add flush check in udp_gro_receive_segment", in stable kernels of May 2024 as well).
    /// Before, it may join some that differ and tells the first's. 0 from a socket without `UDPSocket.reportPath`.
    @inlinable
    public borrowing func hopLimit(at index: Int) -> UInt8 {
        // kernel: IPPROTO_IP, IP_TTL; IPPROTO_IPV6, IPV6_HOPLIMIT, an int each
        guard let value = control(0, 2, ofMessage: index) ?? control(41, 52, ofMessage: index) else { return 0 }
        return UInt8(truncatingIfNeeded: value.load(as: Int32.self))
    }

    /// Where the datagrams of the message were sent to, by their IP headers, with `port`, the socket's own; nil from a
    /// socket without `UDPSocket.reportPath`.
    @inlinable
    public borrowing func destination(at index: Int, port: UInt16) -> SocketAddress? {
        // kernel: IPPROTO_IP, IP_PKTINFO, struct in_pktinfo: interface 4, local address 4, the header's 4
        if let value = control(0, 8, byteCount: 12, ofMessage: index) {
            return SocketAddress(ipv4: UInt32(bigEndian: value.load(fromByteOffset: 8, as: UInt32.self)), port: port)
        }
        // kernel: IPPROTO_IPV6, IPV6_PKTINFO, struct in6_pktinfo: the header's 16, interface 4
        guard let value = control(41, 50, byteCount: 20, ofMessage: index) else { return nil }
        return SocketAddress(
            high: UInt64(bigEndian: value.load(as: UInt64.self)),
            low: UInt64(bigEndian: value.load(fromByteOffset: 8, as: UInt64.self)), port: port)
    }

    /// Where the value of a control message is, at least `byteCount` readable bytes.
    @inlinable
    borrowing func control(
        _ level: Int32, _ type: Int32, byteCount: Int = 4, ofMessage index: Int
    ) -> UnsafeRawPointer? {
        let end = min(Int(headers[index].msg_hdr.msg_controllen), Self.controlStride &- byteCount)
        let control = controls + index &* Self.controlStride
        var offset = 0
        while offset &+ Self.controlHeaderByteCount < end {
            if control.load(fromByteOffset: offset &+ 8, as: Int32.self) == level,
                control.load(fromByteOffset: offset &+ 12, as: Int32.self) == type
            {
                return UnsafeRawPointer(control + (offset &+ Self.controlHeaderByteCount))
            }
            let length = control.load(fromByteOffset: offset, as: Int.self)
            guard length >= Self.controlHeaderByteCount, length <= Self.controlStride else { return nil }
            offset &+= (length &+ 7) & ~7
        }
        return nil
    }

    /// The message was longer than `bufferByteCount`, and its end is lost (kernel: MSG_TRUNC).
    @inlinable
    public borrowing func isTruncated(at index: Int) -> Bool {
        headers[index].msg_hdr.msg_flags & 0x20 != 0
    }

    /// Who sent the datagrams of the message.
    @inlinable
    public borrowing func source(at index: Int) -> SocketAddress {
        SocketAddress(sockaddr: addresses + index &* Self.addressStride)
    }

    mutating func receive(from socket: CInt) -> Int {
        for index in 0..<used {
            headers[index].msg_hdr.msg_namelen = socklen_t(Self.addressStride)
            headers[index].msg_hdr.msg_controllen = Self.controlStride
            headers[index].msg_hdr.msg_flags = 0
        }
        let received = retryingInterrupts { Int(clinux_recvmmsg(socket, headers, UInt32(capacity))) }
        count = max(received, 0)
        used = count
        return received
    }
}
