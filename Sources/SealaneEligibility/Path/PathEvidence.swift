import SealanePacket

/// What was observed of the path between the local instance and a peer. Nil if not observed yet.
public struct PathEvidence: Sendable, Hashable {
    /// The addresses and ports that the sender of an authentic datagram claims to have used, and those in the received
    /// header.
    public struct Translation: Sendable, Hashable {
        public let claimed: FourTuple
        public let observed: FourTuple

        public init(claimed: FourTuple, observed: FourTuple) {
            self.claimed = claimed
            self.observed = observed
        }
    }

    /// The received TTL or hop limit of a datagram that was sent with 255. Nil if the kernel did not report it.
    public struct Forwarding: Sendable, Hashable {
        public let hopLimit: UInt8?

        public init(hopLimit: UInt8?) {
            self.hopLimit = hopLimit
        }
    }

    /// The MTU of each end's interface, and the largest packet that the path to the peer carries: bytes of whole IP
    /// packets.
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
    public var routes: PathAnalysis?
    /// The size in bytes of the largest IP fragment of a datagram from the peer. Nil if datagrams arrive whole.
    public var fragment: Int?

    public init(
        translation: Translation? = nil, forwarding: Forwarding? = nil, mtu: MTU? = nil, fragment: Int? = nil,
        routes: PathAnalysis? = nil
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.fragment = fragment
        self.routes = routes
    }
}
