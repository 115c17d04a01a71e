import SealaneLinux
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

    /// How many datagrams a run may have; 1: there are no runs.
    private var segmentLimit: Int

    /// Two runs: with more, what is sealed leaves the second-level cache before it is sent.
    private static var byteLimit: Int { 2 * 65_536 }
    private static var messageLimit: Int { 64 }
    private static var alignment: Int { 64 }

    /// - Parameter takesRuns: whether the way out is thought to take runs. Until it proves otherwise: `flush`.
    init(forIPv6Socket: Bool, takesRuns: Bool) {
        segmentLimit = takesRuns ? SendBatch.maximumSegmentCount : 1
        memory = .allocate(byteCount: Self.byteLimit, alignment: Self.alignment)
        batch = SendBatch(capacity: Self.messageLimit, forIPv6Socket: forIPv6Socket)
    }

    deinit {
        memory.deallocate()
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
        if byteCount < segmentByteCount || segmentCount == segmentLimit { close() }
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
        /// Why the kernel refused a run, which then went out datagram by datagram, as all that comes later will; 0: it
        /// refused none.
        var runRefusal: Int32 = 0
    }

    /// Sends what was committed, and forgets it. Nothing is kept for later: the socket's buffer holds milliseconds of line
    /// rate, and who overruns it would only wait in a longer queue.
    mutating func flush(to socket: borrowing UDPSocket) -> Departure {
        close()
        guard !batch.isEmpty else { return Departure() }
        var departure = Departure(messages: batch.count)
        let outcome = batch.flush(to: socket)
        if outcome.refusedRun {
            let alone = batch.flushUnsegmented(to: socket)
            // Where the datagrams fail alone just as well, it is not the run that is refused.
            if alone.sent > 0 {
                departure.runRefusal = outcome.stoppedBy
                segmentLimit = 1
            }
        }
        if outcome.sent < batch.count { departure.datagramsLost = lostDatagramCount() }
        batch.removeAll()
        usedByteCount = 0
        return departure
    }
}
