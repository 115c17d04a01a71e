import SealanePacket

/// What a lane reports to the control thread.
public enum LaneEvent: Sendable {
    /// A packet waits for a session with this peer.
    case sessionWanted(PeerID)
    /// The first datagram of a session proved authentic: the other end has its keys.
    case confirmed(SessionIndex)
    /// A data datagram of an unknown session came from here: perhaps from a peer that does not know that this agent restarted.
    case unknownSession(from: Endpoint)
    /// A lane has sealed `BlockLimits.rekey` with this session.
    case blockLimitNear(SessionIndex)
    /// A handshake datagram, unchanged.
    case handshake([UInt8], Arrival)
    /// An authentic data datagram of the peer's lane did not arrive as those of its session do. Either its tuple or its TTL does
    /// not match: the path has changed, and the lane drops such datagrams. Or it arrived in fragments, and the lane does as
    /// `FragmentReaction` says. One event for each of the two, a session and a lane.
    case mismatch(SessionIndex, lane: UInt8, Arrival)
    /// A whole probe of the peer's lane arrived, in a session whose path failed before. Counts the bytes of its IP packet.
    case probed(SessionIndex, lane: UInt8, byteCount: Int)
    /// The peer has received the probe of this number, and lately, by the same path, a datagram whose IP packet had `greatest`
    /// bytes.
    case probeAnswered(SessionIndex, number: UInt32, greatest: Int)
    /// The peer has closed the session, for these reasons.
    case closed(SessionIndex, reasons: [UInt8])
    case report(LaneReport)
    /// The last activity of a lane in a session that it retired.
    case ended(SessionActivity)

    /// Whether remote hosts can cause the event at will. Under a flood of such events the others must still get through, and a
    /// lost one does no harm.
    public var mayFlood: Bool {
        switch self {
        case .handshake, .unknownSession, .probeAnswered, .probed: true
        case .sessionWanted, .confirmed, .blockLimitNear, .mismatch, .closed, .report, .ended: false
        }
    }
}

/// The activity of one lane since it began.
public struct LaneReport: Sendable {
    public let number: UInt64
    public let lane: UInt8
    public let drops: DropCounts
    public let sessions: [SessionActivity]
}
