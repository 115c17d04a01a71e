import SealanePacket

/// What was observed of the path between the local instance and a peer. nil: nothing yet.
public struct PathEvidence: Sendable, Hashable {
    /// The addresses and ports that the sender of an authentic datagram says it used, and those it came with.
    public struct Translation: Sendable, Hashable {
        public let claimed: FourTuple
        public let observed: FourTuple

        public init(claimed: FourTuple, observed: FourTuple) {
            self.claimed = claimed
            self.observed = observed
        }
    }

    /// The TTL or hop limit that a datagram came with which had left with 255; nil: the kernel does not tell.
    public struct Forwarding: Sendable, Hashable {
        public let hopLimit: UInt8?

        public init(hopLimit: UInt8?) {
            self.hopLimit = hopLimit
        }
    }

    /// What each end's interface carries, and what the path from here to the peer does: bytes of whole IP packets.
    public struct MTU: Sendable, Hashable {
        public let local: Int
        public let peer: Int
        public let carried: Int

        public init(local: Int, peer: Int, carried: Int) {
            self.local = local
            self.peer = peer
            self.carried = carried
        }
    }

    public var translation: Translation?
    public var forwarding: Forwarding?
    public var mtu: MTU?
    public var routes: PathJudgement?
    /// The size in bytes of the largest IP fragment that a datagram of the peer arrived in; nil: they arrive whole.
    public var fragment: Int?

    public init(
        translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil, fragment: Int? = nil,
        routes: PathJudgement? = nil
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.fragment = fragment
        self.routes = routes
    }
}
