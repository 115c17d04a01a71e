import SealaneAEAD
import SealanePacket

/// Names a peer within one agent: a small number that the agent gives out, so that lanes look peers up by index.
@frozen public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public var description: String { "peer \(rawValue)" }
}

/// Names a session to its holder; the other end writes it into every datagram. Random: it tells nobody how many sessions there
/// are, and datagrams of an earlier life of the agent meet no session. 0 names none.
@frozen public struct SessionIndex: Hashable, Sendable {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

/// What a lane needs to carry one session.
public struct SessionGrant: Sendable {
    public let index: SessionIndex
    public let remoteIndex: SessionIndex
    public let peer: PeerID
    public let secrets: SessionSecrets
    public let suite: CipherSuite
    public let createdAt: MonotonicTime
    /// Lane 0 of the peer; its lane n has port + n.
    public let remote: Endpoint
    public let remoteLaneCount: UInt8
    /// Where the peer's datagrams arrive: this end's lane 0.
    public let local: Endpoint
    /// The greatest packet, in bytes, that fits one datagram on both ends' interfaces.
    public let packetByteLimit: Int
    public let standing: SessionStanding
}

/// Whether packets travel in a session.
public enum SessionStanding: Sendable {
    case proven
    /// Not yet known to have a path that carries what it should: nothing is sealed with it until `LaneCommand.allow`. What the
    /// peer, for whom that may be known already, sends meanwhile is taken.
    case onTrial
    /// The same, where the path last seen did not: what the peer sends is dropped as well.
    case onTrialAfterFailure
}

/// Why packets for a peer do not travel.
public enum Obstacle: Sendable {
    case refused
    case unreachable
}

/// What the control thread tells every lane, in order.
public enum LaneCommand: Sendable {
    /// From here on destinations and sources are judged by this table: prefix to `PeerID`, all below `peerCount`.
    case route(PrefixTable, peerCount: Int)
    /// From here on datagrams of this session open.
    case open(SessionGrant)
    /// From here on packets for the session's peer are sealed with it, those that waited first.
    case seal(SessionIndex)
    /// The session ends: its keys are wiped.
    case retire(SessionIndex)
    /// Packets for the peer get an ICMP error; nil: the next one asks for a session.
    case obstruct(PeerID, Obstacle?)
    /// Say to the peer that this end is alive.
    case sendKeepalive(SessionIndex)
    /// Send a handshake datagram. For lane 0, whose address peers know.
    case send([UInt8], to: Endpoint)
    /// The session's path carries packets up to this size: they may travel.
    case allow(SessionIndex, packetByteLimit: Int)
    /// Packets of this session leave by a lane's own way where the bit of its number is set, by that of lane 0 otherwise. At
    /// first only lane 0 has its own. Where the way changes while packets are under way, the lane sends none before `drain` has
    /// passed since the last: a flow's packets keep their order.
    case steer(SessionIndex, ownWays: UInt64, drain: Duration)
    /// What becomes of datagrams that arrive in fragments.
    case heedFragments(FragmentReaction)
    /// Datagrams must arrive with this TTL or hop limit, or more.
    case requireHopLimit(UInt8)
    /// Send a probe that makes an IP packet of this size. For one lane.
    case probe(SessionIndex, lane: UInt8, number: UInt32, byteCount: Int)
    /// Say that this end is about to end the session, for these reasons. For lane 0.
    case bidFarewell(SessionIndex, reasons: [UInt8])
    /// From here on a peer's handshakes come from this endpoint, or none do any more.
    case know(Endpoint, isPeer: Bool)
    /// Answer with a `LaneReport` of this number.
    case report(UInt64)
}

/// What the policy makes of datagrams that a router on the way has fragmented.
@frozen public enum FragmentReaction: Sendable {
    case ignore
    /// They are taken, and the first of a session is reported.
    case report
    /// They are dropped, and the first of a session is reported.
    case drop
}

/// What a lane tells the control thread.
public enum LaneEvent: Sendable {
    /// A packet waits for a session with this peer.
    case sessionWanted(PeerID)
    /// The first datagram of a session proved authentic: the other end has its keys.
    case confirmed(SessionIndex)
    /// A data datagram of no session came from here: perhaps a peer that does not know that this agent has restarted.
    case stray(from: Endpoint)
    /// A lane has sealed `BlockLimits.rekey` with this session.
    case blockLimitNear(SessionIndex)
    /// A handshake datagram, as it came.
    case handshake([UInt8], Arrival)
    /// An authentic data datagram of the peer's lane did not come as those of its session do: the path has changed. It was
    /// dropped, and so are those that follow; this is said once a session and lane. Or it came in fragments, and was dropped
    /// or not as `FragmentReaction` says.
    case detour(SessionIndex, lane: UInt8, Arrival)
    /// A whole probe of the peer's lane arrived, in a session whose path failed before: bytes of its IP packet.
    case probed(SessionIndex, lane: UInt8, byteCount: Int)
    /// The peer has received the probe of this number, and lately, by the same way, a datagram whose IP packet had `greatest`
    /// bytes.
    case probeAnswered(SessionIndex, number: UInt32, greatest: Int)
    /// The peer has ended the session, for these reasons.
    case farewell(SessionIndex, reasons: [UInt8])
    case report(LaneReport)
    /// A session was retired, after a lane had done this with it.
    case ended(SessionActivity)

    /// Whether others bring the event about as often as they like: under a flood of these the rest must still get through, and
    /// one that is lost is not missed.
    public var mayFlood: Bool {
        switch self {
        case .handshake, .stray, .probeAnswered, .probed: true
        case .sessionWanted, .confirmed, .blockLimitNear, .detour, .farewell, .report, .ended: false
        }
    }
}

/// What one lane did since it began.
public struct LaneReport: Sendable {
    public let number: UInt64
    public let lane: UInt8
    public let drops: DropCounts
    public let sessions: [SessionActivity]
}

/// What one lane did with one session.
public struct SessionActivity: Sendable, Equatable {
    public let index: SessionIndex
    public let peer: PeerID
    public let lane: UInt8
    public var sent = Traffic()
    public var received = Traffic()
    /// Packets that went no further, by reason.
    public var packetsTooBig: UInt64 = 0
    public var malformedPackets: UInt64 = 0
    /// Packets whose source is not one of the peer's addresses.
    public var addressesNotOwned: UInt64 = 0
    /// ICMP errors about packets that cannot have gone to the peer.
    public var icmpErrorsNotOwned: UInt64 = 0
    /// Moments of the last datagram; nil: never. "Data" leaves keepalives out.
    public var lastSent: MonotonicTime?
    public var lastDataSent: MonotonicTime?
    public var lastReceived: MonotonicTime?
    public var lastDataReceived: MonotonicTime?

    @inlinable init(index: SessionIndex, peer: PeerID, lane: UInt8) {
        self.index = index
        self.peer = peer
        self.lane = lane
    }
}

/// Packets (keepalives left out) and the bytes of them, headers of the packets included, Sealane's own not.
@frozen public struct Traffic: Sendable, Equatable {
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0

    @inlinable public init() {}

    @inlinable mutating func add(packetOf byteCount: Int) {
        packets &+= 1
        bytes &+= UInt64(byteCount)
    }

    public static func += (total: inout Self, other: Self) {
        total.packets &+= other.packets
        total.bytes &+= other.bytes
    }
}
