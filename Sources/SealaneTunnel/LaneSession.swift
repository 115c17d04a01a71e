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
    @usableFromInline let localAddress: IPAddress
    @usableFromInline let remoteAddress: IPAddress
    @usableFromInline let remotePort: UInt16
    @usableFromInline let remoteLaneCount: UInt8
    /// The peer's lane that this lane sends to.
    @usableFromInline let destination: Endpoint
    private let secrets: SessionSecrets
    private let suite: CipherSuite
    private let provider: AEADProvider
    @usableFromInline let sealingLane: UInt8
    @usableFromInline let laneCount: UInt8

    /// Derived on first use, so that an idle session costs no key schedule.
    @usableFromInline var sealing: UnsafeMutablePointer<SealingState>?
    /// By the sender's lane number (`remoteLaneCount` of them); nil until its first datagram.
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
        destination = Endpoint(
            address: grant.remote.address,
            port: grant.remote.port &+ UInt16(lane % max(grant.remoteLaneCount, 1)))
        opening = .allocate(capacity: Int(grant.remoteLaneCount))
        opening.initialize(repeating: nil, count: Int(grant.remoteLaneCount))
        activity = SessionActivity(index: grant.index, peer: grant.peer, lane: lane)
    }

    deinit {
        if let sealing {
            sealing.deinitialize(count: 1)
            sealing.deallocate()
        }
        for lane in 0..<Int(remoteLaneCount) {
            guard let state = opening[lane] else { continue }
            state.deinitialize(count: 1)
            state.deallocate()
        }
        opening.deallocate()
    }

    /// Whether this lane is the one that the sender's lane `sender` talks to.
    @inlinable func receives(fromLane sender: UInt8) -> Bool {
        sender < remoteLaneCount && sender % laneCount == sealingLane
    }

    /// Nil if the key cannot be made, which only exhausted locked memory brings about.
    @usableFromInline mutating func deriveSealing() -> UnsafeMutablePointer<SealingState>? {
        guard let key = try? secrets.sealingKey(lane: sealingLane, suite, provider) else { return nil }
        let state = UnsafeMutablePointer<SealingState>.allocate(capacity: 1)
        state.initialize(to: SealingState(key: key))
        sealing = state
        return state
    }

    @usableFromInline func deriveOpening(fromLane sender: UInt8) -> UnsafeMutablePointer<OpeningState>? {
        guard let key = try? secrets.openingKey(lane: sender, suite, provider) else { return nil }
        let state = UnsafeMutablePointer<OpeningState>.allocate(capacity: 1)
        state.initialize(to: OpeningState(key: key))
        opening[Int(sender)] = state
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

    init(key: consuming AEADKey) {
        self.key = key
    }
}
