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
    /// Whether nothing is sealed with it yet but what the two ends say to each other.
    @usableFromInline var isOnTrial: Bool
    /// Whether what the peer sends is dropped until the path is proven.
    @usableFromInline var isClosed: Bool
    @usableFromInline var isDetourTold = false
    @usableFromInline var isFragmentTold = false
    /// Whether packets leave by this lane's own way; if not, by that of lane 0, which always has its own.
    @usableFromInline var usesOwnWay: Bool
    /// How long packets wait when their way changes (`LaneCommand.steer`).
    var drain = Duration.zero
    @usableFromInline let localAddress: IPAddress
    @usableFromInline let remoteAddress: IPAddress
    @usableFromInline let remotePort: UInt16
    @usableFromInline let remoteLaneCount: UInt8
    /// The peer's lane that this lane's own way leads to.
    @usableFromInline let ownDestination: Endpoint
    private let secrets: SessionSecrets
    private let suite: CipherSuite
    private let provider: AEADProvider
    @usableFromInline let sealingLane: UInt8
    @usableFromInline let laneCount: UInt8

    /// Of this lane's own way, and of lane 0's. Derived on first use, so that an idle session costs no key schedule.
    @usableFromInline var ownSealing: UnsafeMutablePointer<SealingState>?
    @usableFromInline var sealingByFirst: UnsafeMutablePointer<SealingState>?
    /// By the sender's lane number, `remoteLaneCount` for lanes' own ways and as many for what comes by lane 0's; nil until
    /// the first datagram.
    @usableFromInline let opening: UnsafeMutablePointer<UnsafeMutablePointer<OpeningState>?>
    @usableFromInline var isConfirmed = false
    /// An address that the peer may send from, by the routes of this number.
    @usableFromInline var knownSource = IPAddress(high: 0, low: 0)
    @usableFromInline var knownSourceRoutes: UInt64 = 0
    @usableFromInline var activity: SessionActivity

    init(_ grant: SessionGrant, lane: UInt8, of laneCount: UInt8, provider: AEADProvider) {
        index = grant.index
        remoteIndex = grant.remoteIndex
        peer = grant.peer
        createdAt = grant.createdAt
        expiresAt = grant.createdAt + TunnelLimits.rejectAfter
        packetByteLimit = grant.packetByteLimit
        isOnTrial = grant.standing != .proven
        isClosed = grant.standing == .onTrialAfterFailure
        localAddress = grant.local.address
        remoteAddress = grant.remote.address
        remotePort = grant.remote.port
        remoteLaneCount = grant.remoteLaneCount
        secrets = grant.secrets
        suite = grant.suite
        self.provider = provider
        sealingLane = lane
        self.laneCount = laneCount
        usesOwnWay = lane == 0
        ownDestination = Endpoint(
            address: grant.remote.address,
            port: grant.remote.port &+ UInt16(lane % max(grant.remoteLaneCount, 1)))
        opening = .allocate(capacity: 2 * Int(grant.remoteLaneCount))
        opening.initialize(repeating: nil, count: 2 * Int(grant.remoteLaneCount))
        activity = SessionActivity(index: grant.index, peer: grant.peer, lane: lane)
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

    /// Where packets go.
    @inlinable var destination: Endpoint {
        usesOwnWay ? ownDestination : Endpoint(address: remoteAddress, port: remotePort)
    }

    /// Whether this lane is the one that the sender's lane `sender` talks to, by its own way or by that of lane 0.
    @inlinable func receives(fromLane sender: UInt8, byFirst: Bool) -> Bool {
        guard sender < remoteLaneCount else { return false }
        return byFirst ? sealingLane == 0 && sender != 0 : sender % laneCount == sealingLane
    }

    /// Where the state that opens the sender's datagrams is.
    @inlinable func slot(ofLane sender: UInt8, byFirst: Bool) -> Int {
        byFirst ? Int(sender) &+ Int(remoteLaneCount) : Int(sender)
    }

    /// Nil if the key cannot be made, which only exhausted locked memory brings about.
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
    /// Of the datagrams that came whole since `greatestSince`, and in the second before that.
    @usableFromInline var greatest = 0
    private var greatestBefore = 0
    private var greatestSince = MonotonicTime(nanoseconds: 0)

    /// The length of the longest datagram that came whole within the last second or two; 0: it is not known.
    mutating func takeGreatest(at now: MonotonicTime) -> Int {
        let age = now.since(greatestSince)
        defer {
            if age >= .seconds(1) {
                (greatestBefore, greatest, greatestSince) = (age < .seconds(3) ? greatest : 0, 0, now)
            }
        }
        // What was counted for longer may be older than a change of the path.
        return age < .seconds(3) ? max(greatest, greatestBefore) : 0
    }

    init(key: consuming AEADKey) {
        self.key = key
    }
}
