import SealaneAEAD
import SealanePacket

/// One data-plane worker, without its I/O: which peer a packet is for, sealing it, opening what comes back.
///
/// A lane shares nothing: it belongs to one thread, and what other threads decide reaches it by `apply(_:)`. It reads no
/// clock: whoever drives it sets `now` once per turn. `seal` and `open` allocate nothing while sessions stand; all that
/// is rare (waiting packets, ICMP errors, events) gathers in arrays that the driver takes after each turn.
///
/// Out: `seal(packet)` -> datagram, or held, or dropped. In: `open(datagram)` -> packet, or the reason why not.
public struct Lane: ~Copyable {
    public let number: UInt8
    public let laneCount: UInt8
    /// Whose code runs the ciphers.
    let provider: AEADProvider
    @usableFromInline let blockLimits: BlockLimits
    /// The time of this turn.
    public var now = MonotonicTime(nanoseconds: 0)
    @usableFromInline var drops = DropCounts()
    /// The least TTL or hop limit that data datagrams may arrive with.
    @usableFromInline var leastHopLimit: UInt8 = 0
    /// What becomes of data datagrams that arrive in fragments.
    @usableFromInline var fragmentReaction = FragmentReaction.ignore
    /// Until then the driver reads no packets: those that left by another way get this much of a start, so that none overtakes
    /// them (`LaneCommand.steer`).
    public var pausedUntil = MonotonicTime(nanoseconds: 0)

    /// Packets for the TUN (ICMP errors), datagrams that waited, and news for the control thread: taken by the driver.
    public var replies: [[UInt8]] = []
    public var released: [WaitingDatagram] = []
    public var events: [LaneEvent] = []

    @usableFromInline var routes = PrefixTable(EmptyCollection())
    /// Counts the tables, from 1 on.
    @usableFromInline var routesNumber: UInt64 = 1
    @usableFromInline var peers: UnsafeMutablePointer<LanePeer>
    @usableFromInline var peerCapacity: Int
    @usableFromInline var sessions = SessionTable()
    var waiting = WaitingPackets()
    var errorAllowance = ErrorAllowance()
    var gate: HandshakeGate

    /// - Parameters:
    ///   - number: below `laneCount`.
    ///   - seed: drawn at random.
    public init(
        number: UInt8, of laneCount: UInt8, provider: AEADProvider = .libsodium,
        blockLimits: BlockLimits = BlockLimits(), seed: UInt64 = 0
    ) {
        gate = HandshakeGate(seed: seed)
        self.provider = provider
        self.number = number
        self.laneCount = laneCount
        self.blockLimits = blockLimits
        peerCapacity = 16
        peers = .allocate(capacity: peerCapacity)
        peers.initialize(repeating: LanePeer(), count: peerCapacity)
    }

    deinit {
        sessions.deallocate()
        peers.deallocate()
    }

    public var dropCounts: DropCounts { drops }

    /// Whether handshake datagrams from here are a configured peer's, by their source, which may be forged.
    public func isEndpointOfPeer(_ endpoint: Endpoint) -> Bool { gate.isPeer(endpoint) }

    /// Whether a stranger's handshake datagram, which `open` has found to be one, is to be handed on. One that is not is counted.
    public mutating func admitsHandshake(ofStranger source: IPAddress) -> Bool {
        if gate.admits(source, at: now) { return true }
        drops.count(.handshakeLimited)
        return false
    }

    /// Counts a drop that the driver saw: a truncated read, a send that failed.
    public mutating func count(_ reason: DropReason) {
        drops.count(reason)
    }

    @inlinable func session(_ index: SessionIndex) -> UnsafeMutablePointer<LaneSession>? {
        sessions.lookup(index)
    }
}

/// A peer as a lane sees it.
@usableFromInline struct LanePeer {
    @usableFromInline var sealing: UnsafeMutablePointer<LaneSession>?
    @usableFromInline var obstacle: Obstacle?
    /// A session has been asked for.
    @usableFromInline var isAwaited = false

    @inlinable init() {}
}

/// A datagram off the fast path: a packet that had to wait for its session, a keepalive, a handshake.
public struct WaitingDatagram: Sendable {
    public let bytes: [UInt8]
    public let destination: Endpoint
    /// Whether it leaves from lane 0's socket instead of the lane's own.
    public var isByFirstLane = false
}
