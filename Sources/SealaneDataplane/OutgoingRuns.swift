import SealaneLinux
import SealanePacket
import SealaneTunnel

/// Datagrams on their way to the socket: each is written right behind the one before, and those that lie so, go to one
/// place and are of one size make a run.
///
///     room(for:with:) -> seal there -> commit ... flush
///
/// All memory is taken in `init`.
struct OutgoingRuns: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private var batch: SendBatch
    /// Of `memory`, from its start.
    private var usedByteCount = 0

    // The run that may still grow. None while its session is nil.
    private var session: SealingSession?
    private var trafficClass: UInt8 = 0
    private var start = 0
    private var segmentByteCount = 0
    private var segmentCount = 0

    /// How many datagrams a run may have; 1: there are no runs. And how many the run that may still grow may have.
    private let segmentLimit: Int
    private var currentLimit = 1
    /// Destinations that take no runs. An error of one destination costs no other.
    private var refused = RefusedPaths<Endpoint>()
    /// Of the messages in `batch`.
    private let destinations: UnsafeMutablePointer<Endpoint>

    /// Two runs: with more, what is sealed leaves the second-level cache before it is sent.
    private static var byteLimit: Int { 2 * 65_536 }
    private static var messageLimit: Int { 64 }
    private static var alignment: Int { 64 }

    /// - Parameter takesRuns: whether runs are made at all.
    init(forIPv6Socket: Bool, takesRuns: Bool) {
        segmentLimit = takesRuns ? SendBatch.maximumSegmentCount : 1
        memory = .allocate(byteCount: Self.byteLimit, alignment: Self.alignment)
        batch = SendBatch(capacity: Self.messageLimit, forIPv6Socket: forIPv6Socket)
        destinations = .allocate(capacity: Self.messageLimit)
        destinations.initialize(
            repeating: Endpoint(address: IPAddress(high: 0, low: 0), port: 0), count: Self.messageLimit)
    }

    deinit {
        memory.deallocate()
        destinations.deallocate()
    }

    /// Where the next datagram is to be written; `commit` it before asking again. Nil: what is there must be flushed
    /// first.
    ///
    /// - Parameter byteCount: the datagram's length, at most 64 KiB.
    mutating func room(
        for byteCount: Int, with session: SealingSession, trafficClass: UInt8
    ) -> UnsafeMutableRawPointer? {
        if canGrow(by: byteCount, session, trafficClass), usedByteCount &+ byteCount <= Self.byteLimit {
            return memory + usedByteCount
        }
        close()
        let start = (usedByteCount &+ Self.alignment &- 1) & ~(Self.alignment &- 1)
        guard start &+ byteCount <= Self.byteLimit, !batch.isFull else { return nil }
        self.session = session
        currentLimit = refused.isEmpty || !refused.contains(session.destination) ? segmentLimit : 1
        self.trafficClass = trafficClass
        self.start = start
        usedByteCount = start
        segmentByteCount = byteCount
        segmentCount = 0
        return memory + start
    }

    /// Takes the datagram that was written to the room.
    mutating func commit(_ byteCount: Int) {
        usedByteCount &+= byteCount
        segmentCount &+= 1
        // Only the last of a run may be shorter.
        if byteCount < segmentByteCount || segmentCount == currentLimit { close() }
    }

    private func canGrow(by byteCount: Int, _ session: SealingSession, _ trafficClass: UInt8) -> Bool {
        guard let current = self.session, current.isSame(as: session) else { return false }
        return byteCount <= segmentByteCount && trafficClass == self.trafficClass
            && usedByteCount &- start &+ byteCount <= SendBatch.maximumRunByteCount
    }

    private mutating func close() {
        guard let session else { return }
        self.session = nil
        guard segmentCount > 0 else { return }
        destinations[batch.count] = session.destination
        batch.append(
            run: UnsafeRawBufferPointer(start: memory + start, count: usedByteCount &- start),
            segmentByteCount: segmentByteCount, trafficClass: trafficClass,
            to: SocketAddress(session.destination))
    }

    private func lostDatagramCount() -> Int {
        let sentCount = batch.count - batch.unsentCount
        return (0..<batch.count).reduce(0) { count, index in
            let isLost = index >= sentCount || batch.failure(at: index) != 0
            return isLost ? count + batch.datagramCount(at: index) : count
        }
    }

    /// What became of the messages of a flush.
    struct Departure {
        var messages = 0
        /// Datagrams that were lost; of a run of which something was, all.
        var datagramsLost = 0
        /// Why the kernel refused a run whose datagrams it took one by one, as it will be given those that follow for a
        /// while; 0: it refused none.
        var runRefusal: Int32 = 0
        /// Runs are taken again wherever they were refused.
        var isRegained = false
    }

    /// Sends what was committed, and forgets it. Nothing is kept for later: the socket's buffer holds milliseconds of line
    /// rate, and who overruns it would only wait in a longer queue.
    mutating func flush(to socket: borrowing UDPSocket, at now: MonotonicTime) -> Departure {
        close()
        guard !batch.isEmpty else { return Departure() }
        var departure = Departure(messages: batch.count)
        let hadRefused = !refused.isEmpty
        if hadRefused { refused.advance(to: now) }
        var outcome = batch.flush(to: socket)
        while outcome.refusedRun {
            // This run's datagrams alone tell whether the destination refuses runs, or everything: a route that leads
            // nowhere gives the same error.
            let at = batch.count - batch.unsentCount
            let alone = batch.flushFirstUnsegmented(to: socket)
            if alone.takenCount > 0 {
                departure.runRefusal = outcome.stoppedBy
                refused.note(refusalOf: destinations[at], at: now)
            }
            if alone.outcome.remaining > 0, alone.outcome.stoppedBy != 0 { break }
            outcome = batch.flush(to: socket)
        }
        if hadRefused { noteSuccesses() }
        departure.isRegained = hadRefused && refused.isEmpty
        if batch.unsentCount > 0 || hasFailures { departure.datagramsLost = lostDatagramCount() }
        batch.removeAll()
        usedByteCount = 0
        return departure
    }

    private var hasFailures: Bool { (0..<batch.count).contains { batch.failure(at: $0) != 0 } }

    /// Runs that were taken, to destinations that refused them before.
    private mutating func noteSuccesses() {
        for at in 0..<batch.count - batch.unsentCount where batch.isRun(at: at) && batch.failure(at: at) == 0 {
            refused.note(successOf: destinations[at])
        }
    }
}
