import SealanePacket

/// What the control thread has every lane do, in order.
public enum LaneCommand: Sendable {
    /// From here on this table maps destinations and sources to peers: prefix to `PeerID`, all below `peerCount`.
    case route(PrefixTable, peerCount: Int)
    /// From here on datagrams of this session open.
    case install(NewSession)
    /// From here on this session seals packets for its peer, waiting packets first.
    case activate(SessionIndex)
    /// The session ends: its keys are wiped.
    case retire(SessionIndex)
    /// Packets for the peer get an ICMP error. Nil: the next packet asks for a session.
    case block(PeerID, BlockReason?)
    /// Send an empty datagram: it shows the peer that this host is alive.
    case sendKeepalive(SessionIndex)
    /// Send a handshake datagram. For lane 0, whose address peers know.
    case send([UInt8], to: Endpoint)
    /// The session's path carries packets up to this size: they may travel.
    case allow(SessionIndex, packetByteLimit: Int)
    /// Packets of this session leave by a lane's own path if the bit of its number is set, and by that of lane 0 otherwise. At
    /// first only lane 0 has its own. If a lane's path changes while packets are in flight, the lane sends none for `drain` after
    /// the last one, so that the packets of a flow keep their order.
    case steer(SessionIndex, ownPaths: UInt64, drain: Duration)
    /// Sets what lanes do with datagrams that arrive in fragments.
    case setFragmentReaction(FragmentReaction)
    /// Datagrams must arrive with at least this TTL or hop limit.
    case requireHopLimit(UInt8)
    /// Send a probe that makes an IP packet of this size. For one lane.
    case probe(SessionIndex, lane: UInt8, number: UInt32, byteCount: Int)
    /// Tell the peer that this host is about to end the session, for these reasons. For lane 0.
    case close(SessionIndex, reasons: [UInt8])
    /// Sets whether a peer's handshakes come from this endpoint.
    case setPeerEndpoint(Endpoint, isPeer: Bool)
    /// Answer with a `LaneReport` of this number.
    case report(UInt64)
}

/// Why packets for a peer do not travel.
public enum BlockReason: Sendable {
    case refused
    case unreachable
}

/// What the policy makes of datagrams that a router on the path has fragmented.
@frozen public enum FragmentReaction: Sendable {
    case ignore
    /// Lanes accept them, and report the first one of a session.
    case report
    /// Lanes drop them, and report the first one of a session.
    case drop
}
