import CLinux
import Glibc

/// Messages to send with one sendmmsg(2), in the order they were appended: single datagrams, and runs of datagrams of
/// one size that the kernel or the network card takes apart (UDP_SEGMENT).
///
///     append ... append, flush, look at the outcome, removeAll
///
/// Not every kernel, device and route takes runs, and one that did may stop to. A flush stops at the first run that is
/// refused, in front of it (`Outcome.refusedRun`); `flushUnsegmented` sends the rest datagram by datagram, so that
/// nothing is lost and the order stays.
///
/// The batch refers to the caller's bytes: they stay in place, unchanged, until `removeAll`. Used by one thread at a
/// time.
public struct SendBatch: ~Copyable, @unchecked Sendable {
    /// What became of the messages that a flush found unsent: their number is `sent + failed + remaining`. A run counts
    /// as one; sent datagram by datagram, it has failed if one of them has.
    public struct Outcome: Hashable, Sendable {
        /// Taken by the kernel.
        public var sent = 0
        /// Refused one by one, each for a reason of its own: see `failure(at:)`. They are not tried again.
        public var failed = 0
        /// The last ones of the batch: not sent, because of `stoppedBy`. The next flush begins with them; `removeAll`
        /// drops them.
        public var remaining = 0
        /// When `remaining` is not 0: EAGAIN, ENOBUFS or ENOMEM, the kernel had no room; EIO or EINVAL, the first of
        /// them is a run, and the kernel refused it as one. Otherwise 0.
        public var stoppedBy: Int32 = 0
        /// `stoppedBy` says that a run was refused: EIO, the way out does no checksums or is encrypted by IPsec; EINVAL,
        /// the kernel has no UDP segmentation, or takes no run of this shape.
        public var refusedRun: Bool { stoppedBy == EIO || stoppedBy == EINVAL }

        public init(sent: Int = 0, failed: Int = 0, remaining: Int = 0, stoppedBy: Int32 = 0) {
            self.sent = sent
            self.failed = failed
            self.remaining = remaining
            self.stoppedBy = stoppedBy
        }
    }

    /// The most datagrams in one run that every kernel takes. Linux says 64 (UDP_MAX_SEGMENTS; 128 from 6.9 on), but
    /// before 6.9 counted the headers as payload, so that 64 full ones were too many.
    @inlinable public static var maximumSegmentCount: Int { 63 }
    /// The most bytes in one run that travel whole: 65,535 with the headers of IPv6, UDP and Ethernet. The kernel takes
    /// up to 65,507 over IPv4 and 65,487 over IPv6, but takes what is longer than this apart itself before any device.
    @inlinable public static var maximumRunByteCount: Int { 65_473 }

    /// The most messages that the batch holds.
    public let capacity: Int
    /// Messages appended since `removeAll`, sent or not.
    @inlinable public var count: Int { filled }
    /// Messages that are not sent yet: those from index `count - unsentCount` on.
    public var unsentCount: Int { filled - next }

    @usableFromInline let isIPv6: Bool
    @usableFromInline let headers: UnsafeMutablePointer<clinux_mmsghdr>
    @usableFromInline let pieces: UnsafeMutablePointer<iovec>
    @usableFromInline let addresses: UnsafeMutableRawPointer
    @usableFromInline let controls: UnsafeMutableRawPointer
    @usableFromInline let failures: UnsafeMutablePointer<Int32>
    @usableFromInline let isRun: UnsafeMutablePointer<Bool>
    @usableFromInline let segmentSizes: UnsafeMutablePointer<UInt16>
    // Where a run is taken apart.
    private let partHeaders: UnsafeMutablePointer<clinux_mmsghdr>
    private let partPieces: UnsafeMutablePointer<iovec>
    @usableFromInline var filled = 0
    @usableFromInline var next = 0

    @usableFromInline static var addressStride: Int { @inlinable get { 32 } }
    // Room for two control messages (cmsg(3)), each length 8, level 4, type 4, value 2 or 4, padding: the segment size, and
    // the traffic class.
    @usableFromInline static var controlStride: Int { @inlinable get { 48 } }
    @usableFromInline static var controlMessageByteCount: Int { @inlinable get { 24 } }
    @usableFromInline static var controlValueOffset: Int { @inlinable get { 16 } }
    private static var partCapacity: Int { 64 }

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
        isRun = .allocate(capacity: capacity)
        isRun.initialize(repeating: false, count: capacity)
        segmentSizes = .allocate(capacity: capacity)
        segmentSizes.initialize(repeating: 0, count: capacity)
        addresses = .allocate(byteCount: Self.addressStride * capacity, alignment: 8)
        controls = .allocate(byteCount: Self.controlStride * capacity, alignment: 8)
        controls.initializeMemory(as: UInt8.self, repeating: 0, count: Self.controlStride * capacity)
        for index in 0..<capacity {
            pieces.advanced(by: index).initialize(to: iovec())
            var header = msghdr()
            header.msg_name = addresses + index * Self.addressStride
            header.msg_iov = pieces + index
            header.msg_iovlen = 1
            header.msg_control = controls + index * Self.controlStride
            headers.advanced(by: index).initialize(to: clinux_mmsghdr(msg_hdr: header, msg_len: 0))
        }
        partHeaders = .allocate(capacity: Self.partCapacity)
        partPieces = .allocate(capacity: Self.partCapacity)
        for index in 0..<Self.partCapacity {
            partPieces.advanced(by: index).initialize(to: iovec())
            partHeaders.advanced(by: index).initialize(to: clinux_mmsghdr())
        }
    }

    deinit {
        headers.deallocate()
        pieces.deallocate()
        addresses.deallocate()
        controls.deallocate()
        failures.deallocate()
        isRun.deallocate()
        segmentSizes.deallocate()
        partHeaders.deallocate()
        partPieces.deallocate()
    }

    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var isFull: Bool { count == capacity }

    /// Adds one datagram. The batch must not be full; `bytes` must stay as they are until `removeAll`.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer, to destination: SocketAddress) {
        precondition(filled < capacity, "the batch is full: flush it, then removeAll")
        // sendmmsg reads through iov_base only; the C declaration does not say so.
        pieces[filled] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        let length = destination.store(to: addresses + filled &* Self.addressStride, forIPv6Socket: isIPv6)
        headers[filled].msg_hdr.msg_namelen = socklen_t(truncatingIfNeeded: length)
        headers[filled].msg_hdr.msg_controllen = 0
        isRun[filled] = false
        failures[filled] = 0
        filled &+= 1
    }

    /// Adds one run: datagrams that lie one behind the other in `bytes`, each of `segmentByteCount` bytes, the last of
    /// 1 to `segmentByteCount`. One datagram (`bytes.count <= segmentByteCount`) is a plain message: drivers have been
    /// seen to mistreat a run of one. The batch must not be full; `bytes` must stay as they are until `removeAll`.
    ///
    /// Stay within `maximumSegmentCount` and `maximumRunByteCount`: far beyond, the kernel refuses (EINVAL, EMSGSIZE).
    ///
    /// - Parameter trafficClass: DSCP and ECN of the outer IP header (RFC 2474, RFC 3168); 0 is what the socket has.
    @inlinable
    public mutating func append(
        run bytes: UnsafeRawBufferPointer, segmentByteCount: Int, trafficClass: UInt8 = 0,
        to destination: SocketAddress
    ) {
        append(bytes, to: destination)
        let index = filled &- 1
        // The traffic class first: the messages that a run is taken apart into keep it, and leave the rest.
        if trafficClass != 0 {
            // kernel: IPPROTO_IP, IP_TOS; IPPROTO_IPV6, IPV6_TCLASS. What goes to an IPv4 address is IPv4's, on either
            // kind of socket.
            let (level, type): (CInt, CInt) = destination.isIPv4 ? (0, 1) : (41, 67)
            appendControl(level, type, to: index, CInt(trafficClass))
        }
        guard bytes.count > segmentByteCount, segmentByteCount > 0, segmentByteCount <= 0xffff else { return }
        isRun[index] = true
        segmentSizes[index] = UInt16(truncatingIfNeeded: segmentByteCount)
        // kernel: SOL_UDP, UDP_SEGMENT
        appendControl(17, 103, to: index, segmentSizes[index])
    }

    @inlinable
    func appendControl<Value: BitwiseCopyable>(_ level: CInt, _ type: CInt, to index: Int, _ value: Value) {
        let used = headers[index].msg_hdr.msg_controllen
        let control = controls + (index &* Self.controlStride &+ used)
        control.storeBytes(of: Self.controlValueOffset &+ MemoryLayout<Value>.size, as: Int.self)
        control.storeBytes(of: level, toByteOffset: 8, as: CInt.self)
        control.storeBytes(of: type, toByteOffset: 12, as: CInt.self)
        control.storeBytes(of: value, toByteOffset: Self.controlValueOffset, as: Value.self)
        headers[index].msg_hdr.msg_controllen = used &+ Self.controlMessageByteCount
    }

    /// Forgets all messages, sent or not.
    @inlinable
    public mutating func removeAll() {
        filled = 0
        next = 0
    }

    /// Why the message at `index` (`0..<count`) was refused: an errno, or 0 if it was not.
    public func failure(at index: Int) -> Int32 {
        precondition(index < count, "no message at \(index): the batch holds \(count)")
        return failures[index]
    }

    /// The message at `index` (`0..<count`) was appended as a run, and more than one datagram of it is unsent.
    public func isRun(at index: Int) -> Bool {
        precondition(index < count, "no message at \(index): the batch holds \(count)")
        return isRun[index]
    }

    /// How many datagrams the message at `index` (`0..<count`) has, or has left if a run was sent in part.
    public func datagramCount(at index: Int) -> Int {
        guard isRun(at: index) else { return 1 }
        let size = Int(segmentSizes[index])
        return (pieces[index].iov_len + size - 1) / size
    }

    /// Sends the messages that are not sent yet. One that the kernel refuses (EMSGSIZE, EHOSTUNREACH, EPERM, ...) does
    /// not keep the others from being sent; but a run that it refuses as a run stops the flush: `Outcome.refusedRun`.
    public mutating func flush(to socket: borrowing UDPSocket) -> Outcome {
        let descriptor = socket.fileDescriptor
        let headers = headers
        return flush { Int(clinux_sendmmsg(descriptor, headers + $0.lowerBound, UInt32($0.count))) }
    }

    /// `flush` with the system call passed in.
    /// - Parameter send: sends the messages of a range that is not empty and returns how many the kernel took, from
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
            if errno == EINTR { continue }
            let isRunRefused = isRun[next] && (errno == EIO || errno == EINVAL)
            guard !Self.meansNoRoom(errno), !isRunRefused else { return stopped(outcome, by: errno) }
            failures[next] = errno
            outcome.failed += 1
            next += 1
        }
        return outcome
    }

    /// Sends the messages that are not sent yet, runs as single datagrams: never stops at a refused run. When the kernel
    /// has no room in the middle of a run, what is left of it is the first message of the next flush, of either kind.
    public mutating func flushUnsegmented(to socket: borrowing UDPSocket) -> Outcome {
        let descriptor = socket.fileDescriptor
        let partHeaders = partHeaders
        return flushUnsegmented { Int(clinux_sendmmsg(descriptor, partHeaders, UInt32($1))) }
    }

    /// Sends the first message that is not sent yet, a run as single datagrams. Where the first of them fails alone as well, so
    /// would the others: they are dropped with it.
    /// - Returns: `takenCount`: how many of its datagrams the kernel took; 0: it failed, or there was no room.
    public mutating func flushFirstUnsegmented(
        to socket: borrowing UDPSocket
    ) -> (outcome: Outcome, takenCount: Int) {
        let descriptor = socket.fileDescriptor
        let partHeaders = partHeaders
        var takenCount = 0
        let outcome = flushUnsegmented(messageLimit: 1, failsWhole: true) {
            let result = Int(clinux_sendmmsg(descriptor, partHeaders, UInt32($1)))
            takenCount += max(result, 0)
            return result
        }
        return (outcome, takenCount)
    }

    /// `flushUnsegmented` with the system call passed in.
    /// - Parameters:
    ///   - messageLimit: how many messages to send at most.
    ///   - failsWhole: whether a datagram that fails takes those of its message behind it along.
    ///   - send: given the index of a message and a number of its datagrams, the next unsent ones (1...64): sends them and
    ///     returns how many the kernel took, from the first on, or -errno for the first.
    public mutating func flushUnsegmented(
        messageLimit: Int = .max, failsWhole: Bool = false, sending send: (Int, Int) -> Int
    ) -> Outcome {
        var outcome = Outcome()
        let end = min(count, next + min(messageLimit, count))
        while next < end {
            let datagramCount = takeApart(next)
            let result = send(next, datagramCount)
            if result > 0 {
                drop(min(result, datagramCount), of: &outcome)
                continue
            }
            let errno = Int32(truncatingIfNeeded: -result)
            if errno == EINTR { continue }
            guard !Self.meansNoRoom(errno) else { return stopped(outcome, by: errno) }
            if failures[next] == 0 { failures[next] = errno }
            drop(failsWhole ? datagramCount : 1, of: &outcome)
        }
        return outcome
    }

    /// 0, nothing taken and no reason given, was never seen of the kernel; it is not a loop to spin in.
    private static func meansNoRoom(_ errno: Int32) -> Bool {
        errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == 0
    }

    /// The outcome of a flush that ends before the message at `next`.
    private func stopped(_ outcome: Outcome, by errno: Int32) -> Outcome {
        var outcome = outcome
        outcome.remaining = count - next
        outcome.stoppedBy = errno == 0 ? EAGAIN : errno
        return outcome
    }

    /// Writes the datagrams of the message at `index` into `partHeaders`, as many as fit, and returns how many.
    private mutating func takeApart(_ index: Int) -> Int {
        let piece = pieces[index]
        let size = isRun[index] ? Int(segmentSizes[index]) : piece.iov_len
        var offset = 0
        var datagramCount = 0
        repeat {
            let length = min(size, piece.iov_len - offset)
            partPieces[datagramCount] = iovec(iov_base: piece.iov_base.map { $0 + offset }, iov_len: length)
            partHeaders[datagramCount].msg_hdr = headers[index].msg_hdr
            partHeaders[datagramCount].msg_hdr.msg_iov = partPieces + datagramCount
            if isRun[index] { partHeaders[datagramCount].msg_hdr.msg_controllen -= Self.controlMessageByteCount }
            offset += length
            datagramCount += 1
        } while offset < piece.iov_len && datagramCount < Self.partCapacity
        return datagramCount
    }

    /// Takes the first `datagramCount` datagrams off the message at `next`, and counts it when none is left.
    private mutating func drop(_ datagramCount: Int, of outcome: inout Outcome) {
        let piece = pieces[next]
        let size = isRun[next] ? Int(segmentSizes[next]) : piece.iov_len
        let dropped = min(size * datagramCount, piece.iov_len)
        if dropped < piece.iov_len {
            pieces[next] = iovec(iov_base: piece.iov_base.map { $0 + dropped }, iov_len: piece.iov_len - dropped)
            if isRun[next], piece.iov_len - dropped <= size {
                isRun[next] = false
                headers[next].msg_hdr.msg_controllen -= Self.controlMessageByteCount
            }
            return
        }
        if failures[next] == 0 { outcome.sent += 1 } else { outcome.failed += 1 }
        next += 1
    }
}
