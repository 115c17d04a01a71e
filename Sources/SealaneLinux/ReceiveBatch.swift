import CLinux
import Glibc

/// The memory that one recvmmsg(2) fills: a fixed number of datagrams with a buffer each, allocated once.
///
/// What an index in `0..<count` gives stays valid, and may be changed in place (the datagram is opened where it lies),
/// until the next receive into this batch or its end. Used by one thread at a time.
public struct ReceiveBatch: ~Copyable, @unchecked Sendable {
    /// The most datagrams that one call fetches.
    public let capacity: Int
    /// The longest datagram that a buffer holds whole.
    public let bufferByteCount: Int
    /// Datagrams of the last receive; 0 if it failed.
    public private(set) var count: Int = 0

    @usableFromInline let stride: Int
    @usableFromInline let buffers: UnsafeMutableRawPointer
    @usableFromInline let headers: UnsafeMutablePointer<clinux_mmsghdr>
    @usableFromInline let addresses: UnsafeMutableRawPointer
    private let pieces: UnsafeMutablePointer<iovec>
    // Messages whose lengths and flags the kernel has overwritten.
    private var used: Int = 0

    /// - Parameters:
    ///   - capacity: 1...1024.
    ///   - bufferByteCount: 1...65535, the longest datagram to expect.
    public init(capacity: Int, bufferByteCount: Int) {
        precondition((1...1024).contains(capacity), "a batch holds 1 to 1024 datagrams (UIO_MAXIOV), not \(capacity)")
        precondition((1...65535).contains(bufferByteCount), "a datagram has 1 to 65535 bytes, not \(bufferByteCount)")
        self.capacity = capacity
        self.bufferByteCount = bufferByteCount
        stride = (bufferByteCount + 63) & ~63
        buffers = .allocate(byteCount: stride * capacity, alignment: 64)
        addresses = .allocate(byteCount: Self.addressStride * capacity, alignment: 8)
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
            headers.advanced(by: index).initialize(to: clinux_mmsghdr(msg_hdr: header, msg_len: 0))
        }
    }

    deinit {
        buffers.deallocate()
        addresses.deallocate()
        headers.deallocate()
        pieces.deallocate()
    }

    @usableFromInline static var addressStride: Int { @inlinable get { 32 } }

    /// The bytes that arrived: at most `bufferByteCount`.
    @inlinable
    public borrowing func datagram(at index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: buffers + index &* stride, count: Int(headers[index].msg_len))
    }

    /// The datagram was longer than `bufferByteCount`, and its end is lost (kernel: MSG_TRUNC).
    @inlinable
    public borrowing func isTruncated(at index: Int) -> Bool {
        headers[index].msg_hdr.msg_flags & 0x20 != 0
    }

    /// Who sent the datagram.
    @inlinable
    public borrowing func source(at index: Int) -> SocketAddress {
        SocketAddress(sockaddr: addresses + index &* Self.addressStride)
    }

    mutating func receive(from socket: CInt) -> Int {
        for index in 0..<used {
            headers[index].msg_hdr.msg_namelen = socklen_t(Self.addressStride)
            headers[index].msg_hdr.msg_flags = 0
        }
        let received = retryingInterrupts { Int(clinux_recvmmsg(socket, headers, UInt32(capacity))) }
        count = max(received, 0)
        used = count
        return received
    }
}
