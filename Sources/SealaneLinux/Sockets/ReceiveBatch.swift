import CLinux
import Glibc

/// The memory that one recvmmsg(2) fills: a fixed number of messages with a buffer each, allocated once.
///
/// A message is one datagram or, from a socket with `UDPSocket.setGRO`, a run: adjacent datagrams of one sender, each
/// of `DatagramOrigin.segmentByteCount` bytes. The last may be shorter. A buffer of 65,535 bytes holds any run.
///
/// `SendBatch` defines the words for sizes.
///
/// The memory of the message at an index in `0..<count` belongs to the caller, who may change it in place (a lane opens
/// a datagram where it lies), until the next `fill` or the end of the batch. One thread at a time uses the batch.
public struct ReceiveBatch: ~Copyable, @unchecked Sendable {
    /// The maximum number of messages of one `fill`.
    public let capacity: Int
    /// The maximum length of a message that is not truncated.
    public let bufferByteCount: Int
    /// Messages of the last `fill`; 0 if it failed.
    public private(set) var count: Int = 0

    @usableFromInline let stride: Int
    @usableFromInline let buffers: UnsafeMutableRawPointer
    @usableFromInline let headers: UnsafeMutablePointer<clinux_mmsghdr>
    @usableFromInline let addresses: UnsafeMutableRawPointer
    @usableFromInline let controls: UnsafeMutableRawPointer
    private let pieces: UnsafeMutablePointer<iovec>
    // Headers whose lengths and flags the kernel has overwritten.
    private var used: Int = 0

    /// - Parameters:
    ///   - capacity: 1...1024.
    ///   - bufferByteCount: 1...65536, the longest message to expect.
    public init(capacity: Int, bufferByteCount: Int) {
        precondition((1...1024).contains(capacity), "a batch holds 1 to 1024 messages (UIO_MAXIOV), not \(capacity)")
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
    // Room for control messages, cmsg(3): length 8, level 4, type 4, value, padded to 8. IPv6 needs 136 bytes:
    // destination 40, hop limit 24, traffic class 24, segment size 24, fragment size 24.
    @usableFromInline static var controlStride: Int { @inlinable get { 160 } }

    /// The message at `index`: at most `bufferByteCount` bytes.
    @inlinable
    public borrowing func datagram(at index: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: buffers + index &* stride, count: Int(headers[index].msg_len))
    }

    /// The kernel's report on the message at `index`, decoded again by each call.
    @inlinable
    public borrowing func origin(at index: Int) -> DatagramOrigin {
        DatagramOrigin(
            control: UnsafeRawBufferPointer(
                start: controls + index &* Self.controlStride,
                count: min(Int(headers[index].msg_hdr.msg_controllen), Self.controlStride)),
            messageByteCount: Int(headers[index].msg_len))
    }

    /// Whether the message was longer than `bufferByteCount`, so that its end is lost (kernel: MSG_TRUNC).
    @inlinable
    public borrowing func isTruncated(at index: Int) -> Bool {
        headers[index].msg_hdr.msg_flags & 0x20 != 0
    }

    /// The sender of the message at `index`.
    @inlinable
    public borrowing func source(at index: Int) -> SocketAddress {
        SocketAddress(sockaddr: addresses + index &* Self.addressStride)
    }

    /// Receives the waiting messages, at most `capacity`, with one system call. They replace the batch's previous
    /// messages.
    /// - Returns: how many (at least 1), or -errno: `-EAGAIN` if no datagram is waiting. Any other error concerns one earlier
    /// datagram
    ///   (for example an ICMP error for it) or a temporary condition; the socket stays usable.
    public mutating func fill(from socket: borrowing UDPSocket) -> Int {
        for index in 0..<used {
            headers[index].msg_hdr.msg_namelen = socklen_t(Self.addressStride)
            headers[index].msg_hdr.msg_controllen = Self.controlStride
            headers[index].msg_hdr.msg_flags = 0
        }
        let descriptor = socket.fileDescriptor
        let received = retryingInterrupts { Int(clinux_recvmmsg(descriptor, headers, UInt32(capacity))) }
        count = max(received, 0)
        used = count
        return received
    }
}
