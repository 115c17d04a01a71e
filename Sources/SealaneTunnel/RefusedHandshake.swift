import SealanePacket

/// The last handshake message of a peer, or from its endpoint, that was not accepted for a reason that people can mend.
public struct RefusedHandshake: Sendable, Equatable {
    public enum Cause: Sendable, Equatable {
        /// The peer's initiation came, unaltered, from another address or port than the peer's endpoint.
        ///
        /// - Parameter isRepeated: its time was seen before: it may be a recording.
        case unexpectedSource(endpoint: Endpoint, isRepeated: Bool)
        case clock(ClockObjection)
        /// The peer's response is not made with this end's pre-shared key.
        case presharedKey
        /// The peer offers no cipher suite that this end takes.
        case noCommonSuite
        case unsupportedVersion
        /// An initiation from the peer's endpoint has this static key, not the peer's.
        ///
        /// - Parameter isProven: the sender holds the private key, which is that of another peer.
        case otherKey(PublicKey, isProven: Bool)
        /// An initiation from the peer's endpoint is for another public key than this end's.
        case otherReceiver
        /// An initiation from the peer's endpoint is for this end's public key, and not of this end's fleet.
        case otherFleet
    }

    public let at: MonotonicTime
    /// Where it came from.
    public let source: Endpoint
    public let cause: Cause

    /// Whether the holder of a configured key has sent it, now or when it was recorded. Otherwise it may be anybody's who can forge
    /// a source address.
    public var isProven: Bool {
        switch cause {
        case .unexpectedSource, .clock, .presharedKey, .noCommonSuite, .unsupportedVersion: true
        case .otherKey(_, let isProven): isProven
        case .otherReceiver, .otherFleet: false
        }
    }
}

/// A host that knows this end's public key, is no peer, and has begun handshakes. Nothing that it says is proven.
public struct Stranger: Sendable, Equatable {
    /// Of its last initiation.
    public internal(set) var source: Endpoint
    /// What it says its public key is.
    public internal(set) var publicKey: PublicKey
    public let since: MonotonicTime
    public internal(set) var lastAt: MonotonicTime
    public internal(set) var count: UInt64 = 1
}

/// The strangers that were heard last, by their addresses: few, since anybody can make up more.
struct Strangers {
    static var limit: Int { 32 }

    private(set) var all: [Stranger] = []
    private var isTold: [Bool] = []
    private var news = TokenBucket(perSecond: 1, burst: TunnelLimits.unprovenNewsBurst)

    /// Notes an initiation. Returns the stranger if people are to be told of it.
    mutating func note(_ key: PublicKey, from source: Endpoint, at now: MonotonicTime) -> Stranger? {
        let place: Int
        if let known = all.firstIndex(where: { $0.source.address == source.address }) {
            place = known
            if all[place].publicKey != key { isTold[place] = false }
            all[place].source = source
            all[place].publicKey = key
            all[place].lastAt = now
            all[place].count += 1
        } else {
            if all.count >= Self.limit, let oldest = all.indices.min(by: { all[$0].lastAt < all[$1].lastAt }) {
                remove(at: oldest)
            }
            place = all.count
            all.append(Stranger(source: source, publicKey: key, since: now, lastAt: now))
            isTold.append(false)
        }
        guard !isTold[place], news.take(at: now) else { return nil }
        isTold[place] = true
        return all[place]
    }

    /// The key is a peer's from now on.
    mutating func forget(_ key: PublicKey) {
        for place in all.indices.reversed() where all[place].publicKey == key { remove(at: place) }
    }

    private mutating func remove(at place: Int) {
        all.remove(at: place)
        isTold.remove(at: place)
    }
}

/// Why the time in an initiation was not accepted.
public struct ClockObjection: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The time is ahead of the clock of the end that objects.
        case ahead
        /// The time is not later than one which that end has seen in an earlier initiation: the clock was set back, or somebody
        /// has repeated a recording.
        case behind
    }

    public let kind: Kind
    /// Whether the peer objects to this host's initiation, or else this host to the peer's.
    public let isByPeer: Bool
    /// The time in the initiation.
    public let stated: TAI64N
    /// The clock of the end that objects, or the time that it has seen.
    public let comparedWith: TAI64N
    public let at: MonotonicTime
}

/// What an initiation says if another initiation, which was not accepted for its timestamp, prompted it.
public struct HandshakePrompt: Equatable, Sendable {
    /// mac1 of that initiation: it names one, made with fresh keys.
    public var mac1: [UInt8]
    /// The timestamp that was seen before; nil: the one in that initiation was ahead of the clock.
    public var seen: TAI64N?

    public init(mac1: [UInt8], seen: TAI64N?) {
        self.mac1 = mac1
        self.seen = seen
    }

    var encoded: [UInt8] { mac1 + (seen?.bytes ?? []) }

    init?(decoding bytes: ArraySlice<UInt8>) {
        mac1 = Array(bytes.prefix(HandshakeMessage.macByteCount))
        guard bytes.count > mac1.count else {
            guard mac1.count == HandshakeMessage.macByteCount else { return nil }
            seen = nil
            return
        }
        guard let seen = TAI64N(bytes: bytes.dropFirst(mac1.count)) else { return nil }
        self.seen = seen
    }
}
