import SealaneAEAD
import SealanePacket

/// What the tunnel wants done, in order.
public enum TunnelOutput: Sendable {
    /// Lane 0 is to send this datagram, after it has carried out the commands before.
    case send([UInt8], to: Endpoint)
    /// Tell every lane.
    case command(LaneCommand)
    /// What is seen of the path to this peer is other than before: `Tunnel.settle(_:_:_:)` is to be told what comes of it.
    case judge(PeerID)
    /// Tell people.
    case event(TunnelEvent)
}

/// What is worth a line in the log.
public enum TunnelEvent: Sendable, Equatable {
    case established(PeerID, SessionIndex, suite: CipherSuite, initiator: Bool)
    /// An established session is over: another has replaced it, it was too old, or it may not go on.
    case ended(PeerID, SessionIndex)
    /// The peer's agent refused; its reasons as it encoded them.
    case refusedByPeer(PeerID, reasons: [UInt8])
    /// This end refused what the peer stated in its handshake.
    case refused(PeerID)
    /// No answer to the attempts of a while.
    case unreachable(PeerID)
    /// No initiation could be made: memory, or a statement that does not fit.
    case cannotInitiate(PeerID, why: String)
    /// The peer stopped answering in mid-session.
    case silent(PeerID)
    /// Other lanes of this end than before carry no packets: they do not answer, or carry less than packets need.
    case lanesFailed(PeerID, silent: [UInt8], reduced: [UInt8])
    /// An initiation was not accepted for its timestamp. Told once a minute at most while it lasts.
    case clockDiffers(PeerID, ClockObjection)
    /// A handshake message of the peer, or from its endpoint, was not accepted. Told at each change, and once an hour while
    /// it lasts. Not told of clocks, which have an event of their own.
    case handshakeNotAccepted(PeerID, RefusedHandshake)
    /// A host that is no peer begins handshakes with this one.
    case strangerHeard(Stranger)
}

/// What a peer says of itself inside the encrypted handshake, as far as it is not the tunnel's own business.
public struct PeerTerms: Sendable, Equatable {
    /// The facts that the peer states of itself, in the encoding of whoever judges them.
    public let statement: [UInt8]
    /// What proves it, in the encoding of whoever judges it; empty: nothing does.
    public let credential: [UInt8]
    public let interfaceMTU: Int
}

/// The judgement of whoever holds the policy, made on every handshake by both ends.
public enum Admission: Sendable, Equatable {
    case admitted
    /// All is well but what the path was last found to carry: that is to be looked at anew, and no packet travels before.
    case onTrial
    /// Reasons as they travel, sealed, to the peer.
    case refused(reasons: [UInt8])
}

/// The time of a call: a monotonic moment for timers, and the wall clock for the timestamp of initiations.
public struct Now: Sendable {
    public var monotonic: MonotonicTime
    public var wall: TAI64N

    public init(monotonic: MonotonicTime, wall: TAI64N) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// Initiations that the peer has not answered.
public struct UnansweredAttempts: Sendable, Equatable {
    /// When the first of them left.
    public let since: MonotonicTime
    public let count: Int

    public init(since: MonotonicTime, count: Int) {
        self.since = since
        self.count = count
    }
}

/// Where a peer stands, for people.
public struct PeerStatus: Sendable {
    public enum State: String, Sendable {
        case idle, connecting, established, refused, unreachable
    }

    public struct Session: Sendable {
        public let suite: CipherSuite
        public let establishedAt: MonotonicTime
        public let isInitiator: Bool
        public let laneCount: UInt8
        public let packetByteLimit: Int
        /// Of this end, by number.
        public let lanes: [Lane]
    }

    /// One of this end's lanes, as it stands with the peer.
    public struct Lane: Sendable, Equatable {
        public enum State: Sendable, Equatable {
            /// It carries packets. Lane 0 always does.
            case usable
            /// Lane 0 carries its packets until it has answered.
            case validating
            /// Lane 0 carries its packets: its probes are not answered.
            case silent(since: MonotonicTime)
            /// Lane 0 carries its packets: its way carries less than they need.
            case reduced(since: MonotonicTime)
        }

        public let state: State
        /// This end's, and the peer's that the lane sends to.
        public let port: UInt16
        public let remotePort: UInt16
    }

    public let state: State
    public let session: Session?
    /// Sessions that were agreed since the peer was added.
    public let sessionCount: UInt64
    public let lastHandshakeAt: MonotonicTime?
    /// Since the peer was last heard; nil: no initiation waits for its answer.
    public let unanswered: UnansweredAttempts?
    /// What the peer's agent answered when it refused; nil when it has not.
    public let refusalByPeer: [UInt8]?
    /// What the peer last stated of itself.
    public let terms: PeerTerms?
    public let lastRefusedHandshake: RefusedHandshake?
    /// Why the last initiation of one end that was not accepted for its timestamp was not; nil: there was none since one of the
    /// same end was accepted.
    public let clock: ClockObjection?
    /// Of the last handshake that counted, and of the session since.
    public let path: PathSightings
    public let sent: Traffic
    public let received: Traffic
    public let packetsTooBig: UInt64
    public let malformedPackets: UInt64
    public let addressesNotOwned: UInt64
    public let icmpErrorsNotOwned: UInt64
}
