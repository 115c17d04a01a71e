import SealanePacket

/// What was last seen of the path to a peer, by each witness that has spoken.
public struct PathSightings: Sendable, Equatable {
    /// The tuple that the sender of an authentic datagram says it used, and the one it came with.
    public struct Translation: Sendable, Equatable {
        public let claimed: FourTuple
        public let observed: FourTuple
        public let at: MonotonicTime

        public var isTranslated: Bool { claimed != observed }
    }

    /// The TTL or hop limit with which an authentic datagram came; 0: the kernel does not tell.
    public struct Forwarding: Sendable, Equatable {
        public let hopLimit: UInt8
        public let at: MonotonicTime
    }

    /// What the path to the peer carries, in bytes of whole IP packets.
    public struct MTU: Sendable, Equatable {
        public let ofThisHost: Int
        public let statedByPeer: Int
        public let carried: Int
        public let at: MonotonicTime

        /// What it should carry: the lesser of the two interfaces'.
        public var stated: Int { min(ofThisHost, statedByPeer) }
    }

    /// An authentic datagram arrived in fragments.
    public struct Fragmentation: Sendable, Equatable {
        /// Of the largest fragment, with its IP header.
        public let byteCount: Int
        public let at: MonotonicTime
    }

    /// How data of one of the peer's lanes came that did not come as it should. It stands until that lane's data is seen to
    /// come as it should: a handshake, which travels by lane 0, says nothing about it.
    public struct Detour: Sendable, Equatable {
        /// The peer's.
        public let lane: UInt8
        public let translation: Translation
        public let forwarding: Forwarding
        /// Nil: it came whole.
        public let fragmentation: Fragmentation?
    }

    public var translation: Translation?
    public var forwarding: Forwarding?
    public var mtu: MTU?
    /// Of the last handshake; nil: it came whole.
    public var fragmentation: Fragmentation?
    public var detour: Detour?

    public init(
        translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil,
        fragmentation: Fragmentation? = nil, detour: Detour? = nil
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.fragmentation = fragmentation
        self.detour = detour
    }

    /// What the last handshake itself showed. The rest was seen inside sessions.
    public var ofHandshake: PathSightings {
        PathSightings(translation: translation, forwarding: forwarding, fragmentation: fragmentation)
    }

    /// Takes in how a handshake's datagram came whose sender says that it used `claimed`.
    mutating func note(_ arrival: Arrival, claimed: FourTuple, at now: MonotonicTime) {
        translation = Translation(claimed: claimed, observed: arrival.tuple, at: now)
        forwarding = Forwarding(hopLimit: arrival.hopLimit, at: now)
        fragmentation = Fragmentation(arrival, at: now)
        // It came by lane 0's way. How large a datagram that carries whole, it does not say.
        if let detour, detour.lane == 0, detour.fragmentation == nil { self.detour = nil }
    }

    /// Takes in how data of the peer's lane came that should have used `expected`.
    mutating func note(_ arrival: Arrival, ofLane lane: UInt8, expected: FourTuple, at now: MonotonicTime) {
        let seen = Translation(claimed: expected, observed: arrival.tuple, at: now)
        let forwarding = Forwarding(hopLimit: arrival.hopLimit, at: now)
        detour = Detour(
            lane: lane, translation: seen, forwarding: forwarding,
            fragmentation: Fragmentation(arrival, at: now))
        (translation, self.forwarding) = (seen, forwarding)
    }
}

extension PathSightings.Fragmentation {
    /// Nil for what came whole.
    fileprivate init?(_ arrival: Arrival, at now: MonotonicTime) {
        guard arrival.fragmentByteCount > 0 else { return nil }
        self.init(byteCount: Int(arrival.fragmentByteCount), at: now)
    }
}
