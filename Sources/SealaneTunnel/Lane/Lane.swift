import SealaneAEAD
import SealanePacket

/// One data-plane worker, without its I/O: which peer a packet is for, sealing it, opening what comes back.
///
/// A lane shares nothing: it belongs to one thread, and decisions of other threads reach it by `apply(_:)`. It reads no clock:
/// its driver sets `now` once a turn. `seal` and `open` allocate nothing while a session stands. Whatever is rare (waiting packets,
/// ICMP errors, events) gathers in arrays that the driver empties after each turn.
///
///     out: sealingSession(for:) -> session: seal(packet, into: datagram);  none: withhold(packet)
///     in:  open(datagram) -> packet, handshake, unknown session, or nothing: a drop that was counted
public struct Lane: ~Copyable {
    public let number: UInt8
    public let laneCount: UInt8
    /// The library that runs the ciphers.
    let provider: AEADProvider
    @usableFromInline let blockLimits: BlockLimits
    /// The time of this turn.
    public var now = MonotonicTime(nanoseconds: 0)
    @usableFromInline var drops = DropCounts()
    /// The least TTL or hop limit that data datagrams may arrive with.
    @usableFromInline var leastHopLimit: UInt8 = 0
    /// The reaction to data datagrams that arrive in fragments.
    @usableFromInline var fragmentReaction = FragmentReaction.ignore
    /// Until then the driver reads no packets, so that none overtakes those that left by another path (`LaneCommand.steer`).
    public var pausedUntil = MonotonicTime(nanoseconds: 0)

    /// Packets for the TUN (ICMP errors), datagrams off the fast path, and events for the control thread. The driver empties them.
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

    package var dropCounts: DropCounts { drops }

    /// Whether this is the endpoint of a configured peer. The source of a datagram may be forged.
    public func isEndpointOfPeer(_ endpoint: Endpoint) -> Bool { gate.isPeer(endpoint) }

    /// Whether the control thread gets a stranger's handshake datagram, as found by `open`. Counts those that it does not get.
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
    @usableFromInline var block: BlockReason?
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
