import SealaneAEAD
import SealanePacket

/// What a lane needs to carry one session.
public struct NewSession: Sendable {
    public let index: SessionIndex
    public let remoteIndex: SessionIndex
    public let peer: PeerID
    package let secrets: SessionSecrets
    package let suite: CipherSuite
    package let createdAt: MonotonicTime
    /// Lane 0 of the peer. The peer's lane n has port + n.
    package let remote: Endpoint
    public let remoteLaneCount: UInt8
    /// This host's lane 0: the peer's datagrams arrive here.
    package let local: Endpoint
    /// The greatest packet, in bytes, that fits one datagram on both ends' interfaces.
    public let packetByteLimit: Int
    package let pathState: PathState
}

/// Whether packets travel in a session.
package enum PathState: Sendable {
    case valid
    /// It is unknown whether the path carries what it should. The session seals no packet until `LaneCommand.allow`. The peer may
    /// know already: lanes accept the packets that it sends.
    case validating
    /// The same, after the last path failed: lanes drop the packets that the peer sends.
    case validatingAfterFailure
}
