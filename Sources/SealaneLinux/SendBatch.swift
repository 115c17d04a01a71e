import CLinux
import Glibc

/// Datagrams to send with one sendmmsg(2), in the order they were appended.
///
///     append ... append, flush, look at the outcome, removeAll
///
/// The batch refers to the caller's bytes: they stay in place, unchanged, until `removeAll`. Used by one thread at a
/// time.
public struct SendBatch: ~Copyable, @unchecked Sendable {
    /// What became of the datagrams that a flush found unsent: their number is `sent + failed + remaining`.
    public struct Outcome: Hashable, Sendable {
        /// Taken by the kernel.
        public var sent = 0
        /// Refused one by one, each for a reason of its own: see `failure(at:)`. They are not tried again.
        public var failed = 0
        /// Not tried, because the kernel had no room (`stoppedBy`). The next flush begins with them; `removeAll` drops
        /// them.
        public var remaining = 0
        /// EAGAIN, ENOBUFS or ENOMEM when `remaining` is not 0; otherwise 0.
        public var stoppedBy: Int32 = 0

        public init(sent: Int = 0, failed: Int = 0, remaining: Int = 0, stoppedBy: Int32 = 0) {
            self.sent = sent
            self.failed = failed
            self.remaining = remaining
            self.stoppedBy = stoppedBy
        }
    }

    /// The most datagrams that the batch holds.
    public let capacity: Int
    /// Datagrams appended since `removeAll`, sent or not.
    public private(set) var count: Int = 0
    /// Datagrams that are not sent yet.
    public var unsentCount: Int { count - next }

    private let isIPv6: Bool
    private let headers: UnsafeMutablePointer<clinux_mmsghdr>
    private let pieces: UnsafeMutablePointer<iovec>
    private let addresses: UnsafeMutableRawPointer
    private let failures: UnsafeMutablePointer<Int32>
    private var next = 0

    private static var addressStride: Int { 32 }

    /// - Parameters:
    ///   - capacity: 1...1024.
    ///   - forIPv6Socket: `UDPSocket.isIPv6` of the socket that the batch will be sent through.
    public init(capacity: Int, forIPv6Socket: Bool) {
        precondition((1...1024).contains(capacity), "a batch holds 1 to 1024 datagrams (UIO_MAXIOV), not \(capacity)")
        self.capacity = capacity
        isIPv6 = forIPv6Socket
        headers = .allocate(capacity: capacity)
        pieces = .allocate(capacity: capacity)
        failures = .allocate(capacity: capacity)
        failures.initialize(repeating: 0, count: capacity)
        addresses = .allocate(byteCount: Self.addressStride * capacity, alignment: 8)
        for index in 0..<capacity {
            pieces.advanced(by: index).initialize(to: iovec())
            var header = msghdr()
            header.msg_name = addresses + index * Self.addressStride
            header.msg_iov = pieces + index
            header.msg_iovlen = 1
            headers.advanced(by: index).initialize(to: clinux_mmsghdr(msg_hdr: header, msg_len: 0))
        }
    }

    deinit {
        headers.deallocate()
        pieces.deallocate()
        addresses.deallocate()
        failures.deallocate()
    }

    public var isEmpty: Bool { count == 0 }
    public var isFull: Bool { count == capacity }

    /// Adds one datagram. The batch must not be full; `bytes` must stay as they are until `removeAll`.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, to destination: SocketAddress) {
        precondition(count < capacity, "the batch is full: flush it, then removeAll")
        // sendmmsg reads through iov_base only; the C declaration does not say so.
        pieces[count] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        let length = destination.store(to: addresses + count * Self.addressStride, forIPv6Socket: isIPv6)
        headers[count].msg_hdr.msg_namelen = socklen_t(length)
        failures[count] = 0
        count += 1
    }

    /// Forgets all datagrams, sent or not.
    public mutating func removeAll() {
        count = 0
        next = 0
    }

    /// Why the datagram at `index` (`0..<count`) was refused: an errno, or 0 if it was not.
    public func failure(at index: Int) -> Int32 {
        precondition(index < count, "no datagram at \(index): the batch holds \(count)")
        return failures[index]
    }

    /// Sends the datagrams that are not sent yet. A datagram that the kernel refuses (EMSGSIZE, EHOSTUNREACH, EPERM,
    /// ...) does not keep the others from being sent.
    public mutating func flush(to socket: borrowing UDPSocket) -> Outcome {
        let descriptor = socket.fileDescriptor
        let headers = headers
        return flush { Int(clinux_sendmmsg(descriptor, headers + $0.lowerBound, UInt32($0.count))) }
    }

    /// `flush` with the system call passed in.
    /// - Parameter send: sends the datagrams of a range that is not empty and returns how many the kernel took, from
    ///   the first on, or -errno for the first.
    public mutating func flush(sending send: (Range<Int>) -> Int) -> Outcome {
        var outcome = Outcome()
        while next < count {
            let result = send(next..<count)
            if result > 0 {
                let taken = min(result, count - next)
                outcome.sent += taken
                next += taken
                continue
            }
            let errno = Int32(truncatingIfNeeded: -result)
            switch errno {
            case EINTR:
                continue
            // Nothing taken and no reason given: never seen of the kernel; not a loop to spin in.
            case EAGAIN, ENOBUFS, ENOMEM, 0:
                outcome.remaining = count - next
                outcome.stoppedBy = errno == 0 ? EAGAIN : errno
                return outcome
            default:
                failures[next] = errno
                outcome.failed += 1
                next += 1
            }
        }
        return outcome
    }
}
