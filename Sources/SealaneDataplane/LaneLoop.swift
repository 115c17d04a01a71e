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
    /// Lane 0's socket, for datagrams that leave by its path. Threads may share it without a lock.
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
    /// After this long the lane again posts events that the control thread had no room for.
    private static var eventRetryNanoseconds: UInt64 { 1_000_000 }

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

    /// Runs until the mailbox of commands is closed, or the TUN or the socket fails for good: then returns the failure.
    mutating func run() -> SystemError? {
        while !commands.isClosed {
            let ready = wait()
            guard ready >= 0 else { return SystemError(call: "epoll_wait", errno: Int32(-ready), subject: "") }
            lane.now = .ofHost()
            for at in 0..<ready {
                switch epoll.token(at: at) {
                case Source.commands: applyCommands()
                case Source.socket: if let failure = receiveTurn() { return failure }
                default: if !isPaused, let failure = sendTurn() { return failure }
                }
            }
            finishTurn()
            followPause()
        }
        return nil
    }

    /// Sleeps until there is something to do. Returns as `Epoll.wait` does.
    private mutating func wait() -> Int {
        var timeout = lane.events.isEmpty ? nil : Self.eventRetryNanoseconds
        if isTunMuted { timeout = min(timeout ?? .max, pauseLeftNanoseconds) }
        guard spin != nil else { return sleep(timeout) }
        let began = MonotonicClock.now()
        if spin?.isWorthwhile(at: began) == true {
            let ready = look(since: began)
            if ready != 0 { return ready }
        }
        let slept = MonotonicClock.now()
        let ready = sleep(timeout)
        if ready > 0 { spin?.recordSleep(ofNanoseconds: MonotonicClock.now() &- slept) }
        return ready
    }

    private mutating func sleep(_ timeout: UInt64?) -> Int {
        counters.sleeps &+= 1
        return epoll.wait(timeoutNanoseconds: timeout)
    }

    /// Polls for something to do, for a while, without sleeping.
    private mutating func look(since began: UInt64) -> Int {
        var now = began
        while now &- began < Spin.limitNanoseconds {
            let ready = epoll.wait(timeoutNanoseconds: 0)
            if ready != 0 {
                spin?.recordFound()
                return ready
            }
            let before = MonotonicClock.now()
            LinuxThread.yield()
            now = MonotonicClock.now()
            if now &- before > Spin.contentionNanoseconds {
                spin?.recordContention(at: now)
                return 0
            }
        }
        spin?.recordNothingFound()
        return 0
    }

    // MARK: Pauses

    private var isPaused: Bool { lane.now < lane.pausedUntil }

    private var pauseLeftNanoseconds: UInt64 {
        let now = MonotonicTime.ofHost()
        return now < lane.pausedUntil ? lane.pausedUntil.nanoseconds &- now.nanoseconds : 0
    }

    /// During a pause, packets wait in the device's queue, and the lane does not wake for them.
    private mutating func followPause() {
        guard isPaused != isTunMuted else { return }
        isTunMuted = isPaused
        // This fails only if the descriptor is gone, which the next read shows.
        try? epoll.modify(tun.fileDescriptor, for: isTunMuted ? [] : .readable, token: Source.tun)
    }

    // MARK: What is rare

    /// Applies the commands in the mailbox. False: there were none.
    @discardableResult
    mutating func applyCommands() -> Bool {
        guard !commands.isEmpty else { return false }
        // Datagrams that wait to be sent refer to sessions that a command may end.
        flush()
        for command in commands.popAll() {
            if case .report = command { meter.show(counters) }
            lane.apply(command)
        }
        return true
    }

    /// Writes replies, sends waiting datagrams, and posts events that the turn produced.
    private mutating func finishTurn() {
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
            let produced = lane.events
            lane.events.removeAll(keepingCapacity: true)
            for event in produced {
                // Only sealed datagrams cause answers to probes: a flood of handshakes leaves them room.
                let room =
                    switch event {
                    case .probeAnswered, .probed: Dataplane.eventReserve / 2
                    default: event.mayFlood ? Dataplane.eventReserve : 0
                    }
                // An event after one that the lane keeps waits with it, or it would overtake it.
                if !lane.events.isEmpty || !events.post(event, leaving: room) { keep(event) }
            }
        }
    }

    /// Sends the datagrams off the fast path. Called before newer packets are sealed, which would overtake them.
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

    /// The control thread is behind. Events that remote hosts can cause at will may be dropped: they recur. The lane keeps others.
    private mutating func keep(_ event: LaneEvent) {
        if event.mayFlood { return }
        lane.events.append(event)
    }
}
