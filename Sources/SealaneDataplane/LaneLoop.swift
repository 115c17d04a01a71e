import SealaneLinux
import SealanePacket
import SealaneTunnel

/// One lane's thread: moves batches between a TUN queue, a UDP socket and the `Lane` that seals and opens them.
///
///     out:  TUN queue -> packet -> Lane.seal -> batch -> one sendmmsg
///     in:   one recvmmsg -> Lane.open -> packet -> TUN queue
///
/// All memory is taken once, in `init`. A turn allocates nothing unless something rare happens: a handshake, a command,
/// a packet that waits, an ICMP error.
struct LaneLoop: ~Copyable {
    private var lane: Lane
    private let tun: TunQueue
    private let socket: UDPSocket
    private let commands: Mailbox<LaneCommand>
    private let events: Mailbox<LaneEvent>

    private var epoll: Epoll
    private var received: ReceiveBatch
    private var outgoing: SendBatch
    private let slab: UnsafeMutableRawPointer

    /// Datagrams of one call, and packets of one turn: enough that system calls are a small part, little enough that the
    /// batch stays in the second-level cache (64 × 1.5 KiB).
    private static var batchCount: Int { 64 }
    /// Holds a header, the greatest packet of a jumbo interface (9001) and a tag, with room.
    private static var slotByteCount: Int { 10 * 1024 }

    /// When news that the control thread had no room for are offered to it again.
    private static var newsRetryNanoseconds: UInt64 { 1_000_000 }

    private enum Source {
        static var tun: UInt64 { 1 }
        static var socket: UInt64 { 2 }
        static var commands: UInt64 { 3 }
    }

    init(
        lane: consuming Lane, tun: consuming TunQueue, socket: consuming UDPSocket, commands: Mailbox<LaneCommand>,
        events: Mailbox<LaneEvent>
    ) throws(SystemError) {
        let epoll = try Epoll(capacity: 4)
        try epoll.add(tun.fileDescriptor, for: .readable, token: Source.tun)
        try epoll.add(socket.fileDescriptor, for: .readable, token: Source.socket)
        try epoll.add(commands.fileDescriptor, for: .readable, token: Source.commands)
        self.epoll = epoll
        received = ReceiveBatch(capacity: Self.batchCount, bufferByteCount: Self.slotByteCount)
        outgoing = SendBatch(capacity: Self.batchCount, forIPv6Socket: socket.isIPv6)
        slab = .allocate(byteCount: Self.batchCount * Self.slotByteCount, alignment: 64)
        self.lane = lane
        self.tun = tun
        self.socket = socket
        self.commands = commands
        self.events = events
    }

    deinit {
        slab.deallocate()
    }

    /// Works until the mailbox of commands is closed (nil) or the TUN or the socket fails for good (why).
    mutating func run() -> SystemError? {
        while !commands.isClosed {
            let ready = epoll.wait(timeoutNanoseconds: lane.events.isEmpty ? nil : Self.newsRetryNanoseconds)
            guard ready >= 0 else { return SystemError(call: "epoll_wait", errno: Int32(-ready), subject: "") }
            lane.now = .ofHost()
            for at in 0..<ready {
                switch epoll.token(at: at) {
                case Source.commands: applyCommands()
                case Source.socket: if let failure = carryIn() { return failure }
                default: if let failure = carryOut() { return failure }
                }
            }
            settle()
        }
        return nil
    }

    // MARK: Out

    /// One batch of packets from the TUN to the network.
    private mutating func carryOut() -> SystemError? {
        for slot in 0..<Self.batchCount {
            let buffer = slab + slot * Self.slotByteCount
            let room = UnsafeMutableRawBufferPointer(
                start: buffer + DataHeader.byteCount, count: Self.slotByteCount - TunnelLimits.sealOverhead)
            let byteCount = tun.read(into: room)
            if byteCount <= 0 {
                guard SystemError.isFinal(byteCount) else { break }
                return SystemError(
                    call: "read", errno: Int32(-byteCount), subject: tun.interfaceName,
                    advice: "the device was removed while it was in use")
            }
            switch lane.seal(buffer, packetByteCount: byteCount) {
            case .datagram(let byteCount, let destination):
                outgoing.append(
                    UnsafeRawBufferPointer(start: buffer, count: byteCount), to: SocketAddress(destination))
            case .waiting, .dropped:
                break
            }
        }
        flush()
        return nil
    }

    private mutating func flush() {
        guard !outgoing.isEmpty else { return }
        let outcome = outgoing.flush(to: socket)
        // The socket's buffer holds milliseconds of line rate: who overruns it would only wait in a longer queue.
        for _ in 0..<outcome.failed + outcome.remaining { lane.count(.sendFailed) }
        outgoing.removeAll()
    }

    // MARK: In

    /// One batch of datagrams from the network to the TUN.
    private mutating func carryIn() -> SystemError? {
        let count = socket.receive(into: &received)
        if count < 0 {
            // Any other error is about one datagram: an ICMP answer to it, say.
            guard SystemError.isFinal(count) else { return nil }
            return SystemError(call: "recvmmsg", errno: Int32(-count), subject: "\(socket.localAddress)")
        }
        for at in 0..<count {
            guard !received.isTruncated(at: at) else {
                lane.count(.datagramOversized)
                continue
            }
            let datagram = received.datagram(at: at)
            guard let start = datagram.baseAddress else {
                lane.count(.datagramTruncated)
                continue
            }
            open(start, datagram.count, from: Endpoint(received.source(at: at)))
        }
        return nil
    }

    private mutating func open(_ start: UnsafeMutableRawPointer, _ byteCount: Int, from source: Endpoint) {
        var opened = lane.open(start, byteCount: byteCount, from: source)
        if case .unknownSession = opened, !commands.isEmpty {
            // The session may be in the mailbox: the control thread puts it there before it tells the peer of it.
            applyCommands()
            opened = lane.open(start, byteCount: byteCount, from: source)
        }
        switch opened {
        case .packet(let byteCount):
            deliver(UnsafeRawBufferPointer(start: start + DataHeader.byteCount, count: byteCount))
        case .handshake:
            let bytes = Array(UnsafeRawBufferPointer(start: start, count: byteCount))
            if !events.post(.handshake(bytes, from: source), leaving: Dataplane.eventReserve) {
                lane.count(.handshakeLimited)
            }
        case .unknownSession:
            lane.dropStray(from: source)
        case .nothing:
            break
        }
    }

    private mutating func deliver(_ packet: UnsafeRawBufferPointer) {
        if tun.write(packet) < 0 { lane.count(.interfaceFull) }
    }

    // MARK: What is rare

    private mutating func applyCommands() {
        for command in commands.take() { lane.apply(command) }
    }

    /// Carries out what the turn left behind.
    private mutating func settle() {
        if !lane.replies.isEmpty {
            for reply in lane.replies { reply.withUnsafeBytes { deliver($0) } }
            lane.replies.removeAll(keepingCapacity: true)
        }
        if !lane.released.isEmpty {
            let released = lane.released
            lane.released.removeAll(keepingCapacity: true)
            for datagram in released {
                datagram.bytes.withUnsafeBytes { bytes in
                    outgoing.append(bytes, to: SocketAddress(datagram.destination))
                    flush()
                }
            }
        }
        if !lane.events.isEmpty {
            let news = lane.events
            lane.events.removeAll(keepingCapacity: true)
            for event in news {
                let room = event.isStrangers ? Dataplane.eventReserve : 0
                // What comes after something that is kept waits with it, or it would overtake it.
                if !lane.events.isEmpty || !events.post(event, leaving: room) { keep(event) }
            }
        }
    }

    /// The control thread is behind. What the lane says once only is said again soon; strays come again by themselves,
    /// as many as a stranger likes.
    private mutating func keep(_ event: LaneEvent) {
        if event.isStrangers { return }
        lane.events.append(event)
    }
}
