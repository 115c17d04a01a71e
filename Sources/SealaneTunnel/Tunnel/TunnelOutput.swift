import SealaneAEAD
import SealanePacket

/// What the tunnel's owner must do, in order.
package enum TunnelOutput: Sendable {
    /// Send this datagram by lane 0, after lane 0 has applied the commands before it.
    case send([UInt8], to: Endpoint)
    /// Post the command to every lane.
    case command(LaneCommand)
    /// Decide about the peer, and answer with `Tunnel.decide(_:_:_:)` at any later time. The parameters are those of a handshake
    /// message; nil: the path alone has changed, and what the peer said in its last handshake stands.
    case decide(Ticket, PeerID, HandshakeParameters?, PathObservation)
    /// Report to people.
    case event(TunnelEvent)
}

/// What is worth a line in the log.
package enum TunnelEvent: Sendable, Equatable {
    case established(PeerID, SessionIndex, suite: CipherSuite, initiator: Bool)
    /// An established session ended: another replaced it, it was too old, or it was refused.
    case ended(PeerID, SessionIndex)
    /// The peer's agent refused. The reasons are as it encoded them.
    case refusedByPeer(PeerID, reasons: [UInt8])
    /// This host refused what the peer said in its handshake, or the path to it.
    case refused(PeerID)
    /// The peer has not answered several initiations.
    case unreachable(PeerID)
    /// The tunnel cannot make an initiation: memory is exhausted, or the claims do not fit.
    case cannotInitiate(PeerID, why: String)
    /// The peer stopped answering in mid-session.
    case silent(PeerID)
    /// The set of this host's lanes that carry no packets has changed: they do not answer, or carry less than packets need.
    case lanesFailed(PeerID, silent: [UInt8], reduced: [UInt8])
    /// A host rejected an initiation for its timestamp. At most once a minute while it lasts.
    case clockDiffers(PeerID, ClockObjection)
    /// The tunnel rejected a handshake message of the peer, or from its endpoint. At each change, and once an hour while it
    /// lasts. Timestamps have an event of their own.
    case handshakeNotAccepted(PeerID, RefusedHandshake)
    /// A host without an entry among the peers begins handshakes with this one.
    case strangerHeard(Stranger)
}
