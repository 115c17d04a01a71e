import SealanePacket

/// What was observed of the path between the local instance and a peer. `nil`: that witness has not spoken yet.
public struct PathEvidence: Sendable, Hashable {
    /// The addresses and ports that the sender of an authentic datagram says it used, and those it came with.
    public struct Translation: Sendable, Hashable {
        public let claimed: DatagramTuple
        public let observed: DatagramTuple

        public init(claimed: DatagramTuple, observed: DatagramTuple) {
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

/// A source of evidence on a path. The raw values are stable.
public enum PathWitness: String, CaseIterable, Sendable, Codable {
    /// Whether addresses or ports are rewritten on the way.
    case translation
    /// Whether a router decrements the TTL.
    case forwarding
    /// Whether the path carries what both ends' interfaces do.
    case mtu
    /// Whether the route tables send packets past a device.
    case routes

    /// What the policy may make of it.
    public var reactions: [WitnessReaction] {
        self == .routes ? WitnessReaction.allCases : WitnessReaction.allCases.filter { $0 != .require }
    }
}

/// What the policy makes of a witness that speaks against a path.
public enum WitnessReaction: String, CaseIterable, Sendable, Codable {
    /// As `refuse`, and a path of which the witness knows nothing is refused as well. For routes alone: the others see each path.
    case require
    case refuse
    /// The path is used, and what speaks against it is shown.
    case warn
    /// The witness is not heard.
    case ignore
}

/// What the policy says of paths.
public struct PathPolicy: Sendable, Hashable {
    public var translation: WitnessReaction
    public var forwarding: WitnessReaction
    public var mtu: WitnessReaction
    public var routes: WitnessReaction
    /// How many routers on the way may decrement the TTL.
    public var hops: UInt8

    public init(
        translation: WitnessReaction = .refuse, forwarding: WitnessReaction = .refuse, mtu: WitnessReaction = .refuse,
        routes: WitnessReaction = .refuse, hops: UInt8 = 0
    ) {
        self.translation = translation
        self.forwarding = forwarding
        self.mtu = mtu
        self.routes = routes
        self.hops = hops
    }

    public subscript(witness: PathWitness) -> WitnessReaction {
        switch witness {
        case .translation: translation
        case .forwarding: forwarding
        case .mtu: mtu
        case .routes: routes
        }
    }

    /// The least TTL or hop limit with which datagrams may come that left with 255.
    public var leastHopLimit: UInt8 { 255 - hops }
}
