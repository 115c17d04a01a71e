import SealaneLinux
import SealanePacket
import SealaneTunnel

/// One lane's thread: moves runs between a TUN queue, a UDP socket and the `Lane` that seals and opens them.
///
///     out:  TUN queue -> super-packet -> Segmenter -> Lane.seal -> OutgoingRuns -> one sendmmsg     (LaneLoop+Out)
///     in:   one recvmmsg -> Lane.open, in place -> Coalescer -> one writev a run -> TUN queue      (LaneLoop+In)
///
/// All memory is taken once, in `init`. A turn allocates nothing unless something rare happens: a handshake, a command,
/// a packet that waits, an ICMP error.
struct LaneLoop: ~Copyable {
    var lane: Lane
    let tun: TunQueue
    let socket: UDPSocket
    /// Lane 0's socket, for what leaves by its way: the kernel lets threads share it without a lock.
    let firstSocket: UDPSocket
    private let commands: Mailbox<LaneCommand>
    let events: Mailbox<LaneEvent>
    let meter: LaneMeter
    var counters = LaneCounters()
    private var epoll: Epoll
    private var spin: Spin?

    // Out.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// One fragment of a packet that is too long for its path.
    let fragmentBuffer: UnsafeMutableRawBufferPointer
    var segmenter = Segmenter()
    var outgoing: OutgoingRuns
    var outgoingByFirst: OutgoingRuns
    private var isTunMuted = false

    // In.
    var received: ReceiveBatch
    var coalescer: Coalescer
    /// Kinds of super-packets that the device refused.
    var refusedKinds = RefusedPaths<UInt8>()

    /// Messages of one receive.
    private static var messageCount: Int { 64 }
    /// When news that the control thread had no room for are offered to it again.
    private static var newsRetryNanoseconds: UInt64 { 1_000_000 }

    private enum Source {
        static var tun: UInt64 { 1 }
        static var socket: UInt64 { 2 }
        static var commands: UInt64 { 3 }
    }

    init(
        lane: consuming Lane, _ ports: consuming Dataplane.Ports, firstSocket: consuming UDPSocket,
        _ settings: Dataplane.Settings,
        commands: Mailbox<LaneCommand>, events: Mailbox<LaneEvent>, meter: LaneMeter
    ) throws(SystemError) {
        let tun = ports.tun
        let socket = ports.socket
        let epoll = try Epoll(capacity: 4)
        try epoll.add(tun.fileDescriptor, for: .readable, token: Source.tun)
        try epoll.add(socket.fileDescriptor, for: .readable, token: Source.socket)
        try epoll.add(commands.fileDescriptor, for: .readable, token: Source.commands)
        self.epoll = epoll
        readBuffer = .allocate(byteCount: TunQueue.maximumReadByteCount, alignment: 64)
        fragmentBuffer = .allocate(byteCount: 65_536, alignment: 64)
        outgoing = OutgoingRuns(forIPv6Socket: socket.isIPv6, takesRuns: settings.offloads[.gso].isOn)
        outgoingByFirst = OutgoingRuns(forIPv6Socket: socket.isIPv6, takesRuns: settings.offloads[.gso].isOn)
        received = ReceiveBatch(capacity: Self.messageCount, bufferByteCount: 65_536)
        coalescer = Coalescer(kinds: tun.headerByteCount > 0 ? settings.offloads.coalescing : [])
        spin = settings.spins ? Spin() : nil
        self.lane = lane
        self.tun = tun
        self.socket = socket
        self.firstSocket = firstSocket
        self.commands = commands
        self.events = events
        self.meter = meter
    }

    deinit {
        readBuffer.deallocate()
        fragmentBuffer.deallocate()
    }

    /// Works until the mailbox of commands is closed (nil) or the TUN or the socket fails for good (why).
    mutating func run() -> SystemError? {
        while !commands.isClosed {
            let ready = wait()
            guard ready >= 0 else { return SystemError(call: "epoll_wait", errno: Int32(-ready), subject: "") }
            lane.now = .ofHost()
            for at in 0..<ready {
                switch epoll.token(at: at) {
                case Source.commands: applyCommands()
                case Source.socket: if let failure = carryIn() { return failure }
                default: if !isPaused, let failure = carryOut() { return failure }
                }
            }
            settle()
            followPause()
        }
        return nil
    }

    /// Sleeps until there is something to do. As `Epoll.wait`.
    private mutating func wait() -> Int {
        var timeout = lane.events.isEmpty ? nil : Self.newsRetryNanoseconds
        if isTunMuted { timeout = min(timeout ?? .max, pauseLeftNanoseconds) }
        guard spin != nil else { return sleep(timeout) }
        let began = MonotonicClock.now()
        if spin?.isWorthwhile(at: began) == true {
            let ready = look(since: began)
            if ready != 0 { return ready }
        }
        let slept = MonotonicClock.now()
        let ready = sleep(timeout)
        if ready > 0 { spin?.noteSleep(ofNanoseconds: MonotonicClock.now() &- slept) }
        return ready
    }

    private mutating func sleep(_ timeout: UInt64?) -> Int {
        counters.sleeps &+= 1
        return epoll.wait(timeoutNanoseconds: timeout)
    }

    /// Looks for something to do, for a while, without sleeping.
    private mutating func look(since began: UInt64) -> Int {
        var now = began
        while now &- began < Spin.limitNanoseconds {
            let ready = epoll.wait(timeoutNanoseconds: 0)
            if ready != 0 {
                spin?.noteFound()
                return ready
            }
            let before = MonotonicClock.now()
            LinuxThread.yield()
            now = MonotonicClock.now()
            if now &- before > Spin.contentionNanoseconds {
                spin?.noteContention(at: now)
                return 0
            }
        }
        spin?.noteNothingFound()
        return 0
    }

    // MARK: Pauses

    private var isPaused: Bool { lane.now < lane.pausedUntil }

    private var pauseLeftNanoseconds: UInt64 {
        let now = MonotonicTime.ofHost()
        return now < lane.pausedUntil ? lane.pausedUntil.nanoseconds &- now.nanoseconds : 0
    }

    /// Does not wake for packets that it may not read yet. They wait in the device's queue.
    private mutating func followPause() {
        guard isPaused != isTunMuted else { return }
        isTunMuted = isPaused
        // It fails for a descriptor alone that is not there, which the next read shows.
        try? epoll.modify(tun.fileDescriptor, for: isTunMuted ? [] : .readable, token: Source.tun)
    }

    // MARK: What is rare

    /// Applies what waits in the mailbox. False: nothing did.
    @discardableResult
    mutating func applyCommands() -> Bool {
        guard !commands.isEmpty else { return false }
        // Commands end sessions that datagrams not yet sent point to.
        flush()
        for command in commands.take() {
            if case .report = command { meter.show(counters) }
            lane.apply(command)
        }
        return true
    }

    /// Carries out what the turn left behind.
    private mutating func settle() {
        if !lane.replies.isEmpty {
            let replies = lane.replies
            lane.replies.removeAll(keepingCapacity: true)
            for var reply in replies {
                reply.withUnsafeMutableBytes { bytes in
                    guard let start = bytes.baseAddress else { return }
                    deliver(start, bytes.count, isChecksumPartial: false)
                    writeRuns()
                }
            }
        }
        sendReleased()
        if !lane.events.isEmpty {
            let news = lane.events
            lane.events.removeAll(keepingCapacity: true)
            for event in news {
                // Answers to probes come of sealed datagrams: a flood of handshakes leaves them room.
                let room =
                    switch event {
                    case .probeAnswered, .probed: Dataplane.eventReserve / 2
                    default: event.mayFlood ? Dataplane.eventReserve : 0
                    }
                // What comes after something that is kept waits with it, or it would overtake it.
                if !lane.events.isEmpty || !events.post(event, leaving: room) { keep(event) }
            }
        }
    }

    /// Sends what had to wait. Comes before newer packets are sealed, or those would overtake it.
    mutating func sendReleased() {
        guard !lane.released.isEmpty else { return }
        let released = lane.released
        lane.released.removeAll(keepingCapacity: true)
        var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
        for datagram in released {
            datagram.bytes.withUnsafeBytes { bytes in
                batch.append(bytes, to: SocketAddress(datagram.destination))
                let outcome = datagram.isByFirstLane ? batch.flush(to: firstSocket) : batch.flush(to: socket)
                if outcome.sent == 0 { lane.count(.sendFailed) }
                batch.removeAll()
            }
        }
    }

    /// The control thread is behind. What the lane says once only is said again soon; what others bring about comes again by
    /// itself, as often as they like.
    private mutating func keep(_ event: LaneEvent) {
        if event.mayFlood { return }
        lane.events.append(event)
    }
}
