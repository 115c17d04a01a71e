import SealaneAEAD
import SealanePacket

/// One session as one lane holds it. Lives in memory of its lane and is touched by that lane's thread only.
@usableFromInline struct LaneSession: ~Copyable {
    @usableFromInline let index: SessionIndex
    @usableFromInline let remoteIndex: SessionIndex
    @usableFromInline let peer: PeerID
    @usableFromInline let createdAt: MonotonicTime
    /// From then on the session neither seals nor opens.
    @usableFromInline let expiresAt: MonotonicTime
    @usableFromInline var packetByteLimit: Int
    /// Whether it seals control messages only.
    @usableFromInline var isValidating: Bool
    /// Whether the lane drops the peer's packets until the path is valid.
    @usableFromInline var dropsPackets: Bool
    @usableFromInline var isMismatchReported = false
    @usableFromInline var isFragmentReported = false
    /// Whether packets leave by this lane's own path. If not, they leave by that of lane 0, which always has its own.
    @usableFromInline var usesOwnPath: Bool
    /// How long packets wait when their path changes (`LaneCommand.steer`).
    var drain = Duration.zero
    @usableFromInline let localAddress: IPAddress
    @usableFromInline let remoteAddress: IPAddress
    @usableFromInline let remotePort: UInt16
    @usableFromInline let remoteLaneCount: UInt8
    /// The peer's lane at the end of this lane's own path.
    @usableFromInline let ownDestination: Endpoint
    private let secrets: SessionSecrets
    private let suite: CipherSuite
    private let provider: AEADProvider
    @usableFromInline let sealingLane: UInt8
    @usableFromInline let laneCount: UInt8

    /// For this lane's own path, and for lane 0's. Derived on first use, so that an idle session costs no key schedule.
    @usableFromInline var ownSealing: UnsafeMutablePointer<SealingState>?
    @usableFromInline var sealingByFirst: UnsafeMutablePointer<SealingState>?
    /// By the sender's lane number: `remoteLaneCount` for the lanes' own paths, and as many for datagrams by lane 0's. Nil until
    /// the first datagram.
    @usableFromInline let opening: UnsafeMutablePointer<UnsafeMutablePointer<OpeningState>?>
    @usableFromInline var isConfirmed = false
    /// An address that the peer may send from, by the routing table of this number.
    @usableFromInline var knownSource = IPAddress(high: 0, low: 0)
    @usableFromInline var knownSourceRoutes: UInt64 = 0
    @usableFromInline var activity: SessionActivity

    init(_ new: NewSession, lane: UInt8, of laneCount: UInt8, provider: AEADProvider) {
        index = new.index
        remoteIndex = new.remoteIndex
        peer = new.peer
        createdAt = new.createdAt
        expiresAt = new.createdAt + TunnelLimits.rejectAfter
        packetByteLimit = new.packetByteLimit
        isValidating = new.pathState != .valid
        dropsPackets = new.pathState == .validatingAfterFailure
        localAddress = new.local.address
        remoteAddress = new.remote.address
        remotePort = new.remote.port
        remoteLaneCount = new.remoteLaneCount
        secrets = new.secrets
        suite = new.suite
        self.provider = provider
        sealingLane = lane
        self.laneCount = laneCount
        usesOwnPath = lane == 0
        ownDestination = Endpoint(
            address: new.remote.address,
            port: new.remote.port &+ UInt16(lane % max(new.remoteLaneCount, 1)))
        opening = .allocate(capacity: 2 * Int(new.remoteLaneCount))
        opening.initialize(repeating: nil, count: 2 * Int(new.remoteLaneCount))
        activity = SessionActivity(index: new.index, peer: new.peer, lane: lane)
    }

    deinit {
        for state in [ownSealing, sealingByFirst] {
            guard let state else { continue }
            state.deinitialize(count: 1)
            state.deallocate()
        }
        for slot in 0..<2 * Int(remoteLaneCount) {
            guard let state = opening[slot] else { continue }
            state.deinitialize(count: 1)
            state.deallocate()
        }
        opening.deallocate()
    }

    /// The peer's endpoint for packets.
    @inlinable var destination: Endpoint {
        usesOwnPath ? ownDestination : Endpoint(address: remoteAddress, port: remotePort)
    }

    /// Whether this lane receives from the peer's lane `sender`, by that lane's own path or by that of lane 0.
    @inlinable func receives(fromLane sender: UInt8, byFirst: Bool) -> Bool {
        guard sender < remoteLaneCount else { return false }
        return byFirst ? sealingLane == 0 && sender != 0 : sender % laneCount == sealingLane
    }

    /// Where the state that opens the sender's datagrams is.
    @inlinable func slot(ofLane sender: UInt8, byFirst: Bool) -> Int {
        byFirst ? Int(sender) &+ Int(remoteLaneCount) : Int(sender)
    }

    /// Nil if the key cannot be made: only if locked memory is exhausted.
    @usableFromInline mutating func deriveSealing(byFirst: Bool) -> UnsafeMutablePointer<SealingState>? {
        guard let key = try? secrets.sealingKey(lane: sealingLane, byFirst: byFirst, suite, provider) else {
            return nil
        }
        let state = UnsafeMutablePointer<SealingState>.allocate(capacity: 1)
        state.initialize(to: SealingState(key: key))
        if byFirst { sealingByFirst = state } else { ownSealing = state }
        return state
    }

    @usableFromInline func deriveOpening(
        fromLane sender: UInt8, byFirst: Bool
    ) -> UnsafeMutablePointer<OpeningState>? {
        guard let key = try? secrets.openingKey(lane: sender, byFirst: byFirst, suite, provider) else { return nil }
        let state = UnsafeMutablePointer<OpeningState>.allocate(capacity: 1)
        state.initialize(to: OpeningState(key: key))
        opening[slot(ofLane: sender, byFirst: byFirst)] = state
        return state
    }
}

@usableFromInline struct SealingState: ~Copyable {
    @usableFromInline let key: AEADKey
    /// The counter of the next datagram: each value seals once.
    @usableFromInline var counter: UInt64 = 0
    /// 16-byte blocks sealed so far, one for the header and tag of each datagram included.
    @usableFromInline var blocks: UInt64 = 0

    init(key: consuming AEADKey) {
        self.key = key
    }
}

@usableFromInline struct OpeningState: ~Copyable {
    @usableFromInline let key: AEADKey
    @usableFromInline var window = ReplayWindow()
    /// Bytes of the longest datagram that arrived whole since `greatestSince`, and in the second before that.
    @usableFromInline var greatest = 0
    private var greatestBefore = 0
    private var greatestSince = MonotonicTime(nanoseconds: 0)

    /// The length of the longest datagram that arrived whole within the last second or two; 0: unknown. Begins a new second.
    mutating func popGreatest(at now: MonotonicTime) -> Int {
        let age = now.since(greatestSince)
        defer {
            if age >= .seconds(1) {
                (greatestBefore, greatest, greatestSince) = (age < .seconds(3) ? greatest : 0, 0, now)
            }
        }
        // An older value may be from before a change of the path.
        return age < .seconds(3) ? max(greatest, greatestBefore) : 0
    }

    init(key: consuming AEADKey) {
        self.key = key
    }
}
