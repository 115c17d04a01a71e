import SealanePacket

/// What was last seen of the path to a peer, by each witness that has spoken.
public struct PathSightings: Sendable, Equatable {
    /// The tuple that the sender of an authentic datagram says it used, and the one it came with.
    public struct Translation: Sendable, Equatable {
        public let claimed: DatagramTuple
        public let observed: DatagramTuple
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

    public var translation: Translation?
    public var forwarding: Forwarding?
    public var mtu: MTU?

    public init(translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
    }

    /// Takes in how a datagram came whose sender says that it used `claimed`.
    mutating func note(_ arrival: Arrival, claimed: DatagramTuple, at now: MonotonicTime) {
        translation = Translation(claimed: claimed, observed: arrival.tuple, at: now)
        forwarding = Forwarding(hopLimit: arrival.hopLimit, at: now)
    }
}
