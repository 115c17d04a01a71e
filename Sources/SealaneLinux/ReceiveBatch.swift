import CLinux
import Glibc

/// The memory that one recvmmsg(2) fills: a fixed number of datagrams with a buffer each, allocated once.
///
/// From a socket with `UDPSocket.setGRO` on, one message may be a run: several datagrams of one sender, one behind the
/// other, all of `DatagramOrigin.segmentByteCount` bytes but the last, which may be shorter. Buffers of 65,535 bytes hold any.
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
    // Room for control messages, cmsg(3): length 8, level 4, type 4, value, padded to 8. Over IPv6 136 bytes come: destination
    // 40, hop limit 24, traffic class 24, segment size 24, fragment size 24.
    @usableFromInline static var controlStride: Int { @inlinable get { 160 } }
    @usableFromInline static var controlHeaderByteCount: Int { @inlinable get { 16 } }

    /// The bytes that arrived: at most `bufferByteCount`.
    @inlinable
    public borrowing func datagram(at index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: buffers + index &* stride, count: Int(headers[index].msg_len))
    }

    /// What the kernel says of the message at `index`, read in one pass over its control messages.
    @inlinable
    public borrowing func origin(at index: Int) -> DatagramOrigin {
        var origin = DatagramOrigin(segmentByteCount: max(Int(headers[index].msg_len), 1))
        let end = min(Int(headers[index].msg_hdr.msg_controllen), Self.controlStride)
        let control = UnsafeRawPointer(controls + index &* Self.controlStride)
        var offset = 0
        while offset &+ Self.controlHeaderByteCount < end {
            let length = control.load(fromByteOffset: offset, as: Int.self)
            guard length > Self.controlHeaderByteCount, length <= end &- offset else { break }
            origin.take(
                level: control.load(fromByteOffset: offset &+ 8, as: Int32.self),
                type: control.load(fromByteOffset: offset &+ 12, as: Int32.self),
                UnsafeRawBufferPointer(
                    start: control + (offset &+ Self.controlHeaderByteCount),
                    count: length &- Self.controlHeaderByteCount))
            offset &+= (length &+ 7) & ~7
        }
        return origin
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
