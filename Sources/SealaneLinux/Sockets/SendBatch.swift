import CLinux
import Glibc

/// Messages to send with one sendmmsg(2), in the order of `append`: single datagrams, and runs, which the kernel or the
/// network card splits into datagrams (UDP_SEGMENT).
///
///     append ... append, flush, check the outcome, removeAll
///
/// Words for sizes, from small to large:
/// - packet: one IP packet of the overlay, as a host's applications send it.
/// - segment: a packet cut from a super-packet. Also, in a run, one of its datagrams (kernel: UDP_SEGMENT).
/// - datagram: one UDP datagram of the underlay. Carries one sealed packet or one protocol message.
/// - run: adjacent datagrams of one size (the last may be shorter) to one destination, sent or received as one message.
/// - super-packet: up to 64 KiB of one TCP or UDP flow in one TUN read or write (GSO, GRO). Stands for many packets.
/// - message: what one sendmmsg(2) or recvmmsg(2) slot holds, a datagram or a run.
/// - batch: the messages of one system call.
/// - lane: one thread with its own TUN queue and UDP socket, which processes batch after batch.
///
/// Not every kernel, device and route supports runs, and one that did may stop. `flush` stops before the first refused
/// run (`Outcome.refusedRun`); `flushUnsegmented` then sends the rest as single datagrams, so that nothing is lost or
/// reordered.
///
/// Ownership: the batch refers to the caller's bytes. They must stay in place, unchanged, until `removeAll`. One thread
/// at a time uses the batch.
public struct SendBatch: ~Copyable, @unchecked Sendable {
    /// The result of a flush. `sent + failed + remaining` is the number of messages that were unsent before. A run
    /// counts as one message; sent as single datagrams, it has failed if one of them has.
    public struct Outcome: Hashable, Sendable {
        /// Accepted by the kernel.
        public var sent = 0
        /// Refused individually, each for its own reason: see `failure(at:)`. Not tried again.
        public var failed = 0
        /// Messages at the end of the batch that were not sent because of `stoppedBy`. The next flush starts with them;
        /// `removeAll` drops them.
        public var remaining = 0
        /// If `remaining` is not 0: EAGAIN, ENOBUFS or ENOMEM if the kernel had no room; EIO or EINVAL if the first of
        /// them is a run that the kernel refused as a run. Otherwise 0.
        public var stoppedBy: Int32 = 0
        /// Whether the flush stopped at a refused run. EIO: the outgoing device computes no checksums, or IPsec
        /// encrypts the route. EINVAL: the kernel has no UDP segmentation, or does not accept a run of this shape.
        public var refusedRun: Bool { stoppedBy == EIO || stoppedBy == EINVAL }

        public init(sent: Int = 0, failed: Int = 0, remaining: Int = 0, stoppedBy: Int32 = 0) {
            self.sent = sent
            self.failed = failed
            self.remaining = remaining
            self.stoppedBy = stoppedBy
        }
    }

    /// The maximum number of datagrams in a run that every kernel accepts. Linux allows 64 (UDP_MAX_SEGMENTS; 128 from
    /// 6.9 on), but before 6.9 it counted the headers as payload, so that 64 full datagrams were too many.
    @inlinable public static var maximumSegmentCount: Int { 63 }
    /// The maximum length of a run that travels whole to a device: 65,535 bytes with the headers of IPv6, UDP and
    /// Ethernet. The kernel accepts up to 65,507 bytes over IPv4 and 65,487 over IPv6, but splits longer runs itself.
    @inlinable public static var maximumRunByteCount: Int { 65_473 }

    /// The maximum number of messages.
    public let capacity: Int
    /// Messages appended since `removeAll`, sent or not.
    @inlinable public var count: Int { filled }
    /// Unsent messages: those at the indices from `count - unsentCount` on.
    public var unsentCount: Int { filled - next }

    @usableFromInline let isIPv6: Bool
    @usableFromInline let headers: UnsafeMutablePointer<clinux_mmsghdr>
    @usableFromInline let pieces: UnsafeMutablePointer<iovec>
    @usableFromInline let addresses: UnsafeMutableRawPointer
    @usableFromInline let controls: UnsafeMutableRawPointer
    @usableFromInline let failures: UnsafeMutablePointer<Int32>
    @usableFromInline let isRun: UnsafeMutablePointer<Bool>
    @usableFromInline let segmentSizes: UnsafeMutablePointer<UInt16>
    // Memory for splitting a run.
    private let partHeaders: UnsafeMutablePointer<clinux_mmsghdr>
    private let partPieces: UnsafeMutablePointer<iovec>
    @usableFromInline var filled = 0
    @usableFromInline var next = 0

    @usableFromInline static var addressStride: Int { @inlinable get { 32 } }
    // Room for two control messages (cmsg(3)): length 8, level 4, type 4, value 2 or 4, padding. One is the segment
    // size, the other the traffic class.
    @usableFromInline static var controlStride: Int { @inlinable get { 48 } }
    @usableFromInline static var controlMessageByteCount: Int { @inlinable get { 24 } }
    @usableFromInline static var controlValueOffset: Int { @inlinable get { 16 } }
    private static var partCapacity: Int { 64 }

    /// - Parameters:
    ///   - capacity: 1...1024.
    ///   - forIPv6Socket: `UDPSocket.isIPv6` of the socket that will send the batch.
    public init(capacity: Int, forIPv6Socket: Bool) {
        precondition((1...1024).contains(capacity), "a batch holds 1 to 1024 messages (UIO_MAXIOV), not \(capacity)")
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

    /// Adds one datagram. The batch must not be full. `bytes` must stay unchanged until `removeAll`.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer, to destination: SocketAddress) {
        precondition(filled < capacity, "the batch is full: flush it, then removeAll")
        // sendmmsg only reads through iov_base; its C declaration does not say so.
        pieces[filled] = iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        let length = destination.store(to: addresses + filled &* Self.addressStride, forIPv6Socket: isIPv6)
        headers[filled].msg_hdr.msg_namelen = socklen_t(truncatingIfNeeded: length)
        headers[filled].msg_hdr.msg_controllen = 0
        isRun[filled] = false
        failures[filled] = 0
        filled &+= 1
    }

    /// Adds one run: adjacent datagrams in `bytes`, each of `segmentByteCount` bytes, the last of 1 to
    /// `segmentByteCount`. A single datagram (`bytes.count <= segmentByteCount`) becomes a plain message, because some
    /// drivers mishandle a run of one. The batch must not be full. `bytes` must stay unchanged until `removeAll`.
    ///
    /// Stay within `maximumSegmentCount` and `maximumRunByteCount`: far beyond these, the kernel refuses the run
    /// (EINVAL, EMSGSIZE).
    ///
    /// - Parameter trafficClass: DSCP and ECN of the outer IP header (RFC 2474, RFC 3168); 0 is the socket's default.
    @inlinable
    public mutating func append(
        run bytes: UnsafeRawBufferPointer, segmentByteCount: Int, trafficClass: UInt8 = 0,
        to destination: SocketAddress
    ) {
        append(bytes, to: destination)
        let index = filled &- 1
        // The traffic class comes first: the datagrams of a split run keep it and drop the rest.
        if trafficClass != 0 {
            // kernel: IPPROTO_IP, IP_TOS; IPPROTO_IPV6, IPV6_TCLASS. An IPv4 destination needs IPv4's on either kind of
            // socket.
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

    /// Drops all messages, sent or not. The caller's bytes are its own again.
    @inlinable
    public mutating func removeAll() {
        filled = 0
        next = 0
    }

    /// The errno with which the kernel refused the message at `index` (`0..<count`); 0 if it did not.
    public func failure(at index: Int) -> Int32 {
        precondition(index < count, "no message at \(index): the batch holds \(count)")
        return failures[index]
    }

    /// Whether the message at `index` (`0..<count`) was appended as a run and has more than one unsent datagram.
    public func isRun(at index: Int) -> Bool {
        precondition(index < count, "no message at \(index): the batch holds \(count)")
        return isRun[index]
    }

    /// The number of datagrams of the message at `index` (`0..<count`), or of its unsent rest if a run was sent in
    /// part.
    public func datagramCount(at index: Int) -> Int {
        guard isRun(at: index) else { return 1 }
        let size = Int(segmentSizes[index])
        return (pieces[index].iov_len + size - 1) / size
    }

    /// Sends the unsent messages. A message that the kernel refuses (EMSGSIZE, EHOSTUNREACH, EPERM, ...) does not keep
    /// the others from being sent. A run that it refuses as a run stops the flush: `Outcome.refusedRun`.
    public mutating func flush(to socket: borrowing UDPSocket) -> Outcome {
        let descriptor = socket.fileDescriptor
        let headers = headers
        return flush { Int(clinux_sendmmsg(descriptor, headers + $0.lowerBound, UInt32($0.count))) }
    }

    /// `flush` with an injected system call.
    /// - Parameter send: sends the messages of a non-empty range, and returns how many the kernel accepted, starting
    ///   with the first, or -errno for the first.
    public mutating func flush(sending send: (Range<Int>) -> Int) -> Outcome {
        var outcome = Outcome()
        while next < count {
            let result = send(next..<count)
            if result > 0 {
                let accepted = min(result, count - next)
                outcome.sent += accepted
                next += accepted
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

    /// Sends the unsent messages, with runs as single datagrams, so that it never stops at a refused run. If the kernel
    /// runs out of room within a run, the run's rest is the first message of the next flush of either kind.
    package mutating func flushUnsegmented(to socket: borrowing UDPSocket) -> Outcome {
        let descriptor = socket.fileDescriptor
        let partHeaders = partHeaders
        return flushUnsegmented { Int(clinux_sendmmsg(descriptor, partHeaders, UInt32($1))) }
    }

    /// Sends the first unsent message, a run as single datagrams. If the first of them fails, the others would too:
    /// they are dropped with it.
    /// - Returns: `acceptedCount`: how many of its datagrams the kernel accepted; 0: it failed, or there was no room.
    public mutating func flushFirstUnsegmented(
        to socket: borrowing UDPSocket
    ) -> (outcome: Outcome, acceptedCount: Int) {
        let descriptor = socket.fileDescriptor
        let partHeaders = partHeaders
        var acceptedCount = 0
        let outcome = flushUnsegmented(messageLimit: 1, failsWhole: true) {
            let result = Int(clinux_sendmmsg(descriptor, partHeaders, UInt32($1)))
            acceptedCount += max(result, 0)
            return result
        }
        return (outcome, acceptedCount)
    }

    /// `flushUnsegmented` with an injected system call.
    /// - Parameters:
    ///   - messageLimit: the maximum number of messages to send.
    ///   - failsWhole: whether a failed datagram also drops the rest of its message.
    ///   - send: sends the next unsent datagrams (1...64, the second argument) of a message (index, the first
    ///     argument), and returns how many the kernel accepted, starting with the first, or -errno for the first.
    package mutating func flushUnsegmented(
        messageLimit: Int = .max, failsWhole: Bool = false, sending send: (Int, Int) -> Int
    ) -> Outcome {
        var outcome = Outcome()
        let end = min(count, next + min(messageLimit, count))
        while next < end {
            let datagramCount = split(next)
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

    /// 0 (nothing accepted, no error) was never observed, but must not cause a busy loop.
    private static func meansNoRoom(_ errno: Int32) -> Bool {
        errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == 0
    }

    /// The outcome of a flush that stops before the message at `next`.
    private func stopped(_ outcome: Outcome, by errno: Int32) -> Outcome {
        var outcome = outcome
        outcome.remaining = count - next
        outcome.stoppedBy = errno == 0 ? EAGAIN : errno
        return outcome
    }

    /// Writes the datagrams of the message at `index` into `partHeaders`, as many as fit, and returns their number.
    private mutating func split(_ index: Int) -> Int {
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

    /// Drops the first `datagramCount` datagrams of the message at `next`, and counts the message when it is empty.
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
