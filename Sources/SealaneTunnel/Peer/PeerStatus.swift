import SealaneAEAD
import SealanePacket

/// The state of a peer, for people.
public struct PeerStatus: Sendable {
    public enum State: String, Sendable {
        case idle, connecting, established, refused, unreachable
    }

    public struct Session: Sendable {
        package let suite: CipherSuite
        package let establishedAt: MonotonicTime
        package let isInitiator: Bool
        public let laneCount: UInt8
        public let packetByteLimit: Int
        /// This host's lanes, by number.
        public let lanes: [Lane]
    }

    /// One of this host's lanes to the peer.
    public struct Lane: Sendable, Equatable {
        public enum State: Sendable, Equatable {
            /// The lane carries packets. Lane 0 always does.
            case usable
            /// Lane 0 carries the lane's packets until the peer has answered a probe.
            case validating
            /// Lane 0 carries the lane's packets: the peer answers no probe of the lane.
            case silent(since: MonotonicTime)
            /// Lane 0 carries the lane's packets: the lane's path carries less than they need.
            case reduced(since: MonotonicTime)
        }

        public let state: State
        /// This host's port, and the port of the peer that the lane sends to.
        public let port: UInt16
        public let remotePort: UInt16
    }

    public let state: State
    public let session: Session?
    /// Sessions that were agreed since the peer was added.
    package let sessionCount: UInt64
    package let lastHandshakeAt: MonotonicTime?
    /// Since the peer last answered. Nil: no initiation waits for a response.
    package let unanswered: UnansweredAttempts?
    /// The reasons of the peer's agent, if it refused.
    package let refusalByPeer: [UInt8]?
    /// What the peer last said in a handshake.
    package let parameters: HandshakeParameters?
    package let lastRefusedHandshake: RefusedHandshake?
    /// The last objection to the timestamp of one end's initiation. Nil: none since one of the same end was accepted.
    package let clock: ClockObjection?
    /// Of the last handshake that counted, and of the session since.
    public let path: PathObservation
    public let sent: Traffic
    public let received: Traffic
    package let packetsTooBig: UInt64
    public let malformedPackets: UInt64
    public let addressesNotOwned: UInt64
    public let icmpErrorsNotOwned: UInt64
}

/// Initiations that the peer has not answered.
package struct UnansweredAttempts: Sendable, Equatable {
    /// When the first of them left.
    package let since: MonotonicTime
    package let count: Int

    package init(since: MonotonicTime, count: Int) {
        self.since = since
        self.count = count
    }
}

/// Sums over sessions of a peer.
struct PeerTotals {
    var sent = Traffic()
    var received = Traffic()
    var packetsTooBig: UInt64 = 0
    var malformedPackets: UInt64 = 0
    var addressesNotOwned: UInt64 = 0
    var icmpErrorsNotOwned: UInt64 = 0

    static func += (total: inout Self, activity: SessionActivity) {
        total.sent += activity.sent
        total.received += activity.received
        total.packetsTooBig &+= activity.packetsTooBig
        total.malformedPackets &+= activity.malformedPackets
        total.addressesNotOwned &+= activity.addressesNotOwned
        total.icmpErrorsNotOwned &+= activity.icmpErrorsNotOwned
    }
}
