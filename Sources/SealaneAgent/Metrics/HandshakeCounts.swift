/// The outcomes of handshakes since the agent's start.
package struct HandshakeCounts: Sendable, Equatable {
    /// Handshakes that ended in a session.
    package var established: UInt64 = 0
    /// Handshakes that this host refused.
    package var refused: UInt64 = 0
    /// Handshakes that the peer refused.
    package var refusedByPeer: UInt64 = 0
    /// How often a peer became unreachable. Further attempts do not count.
    package var unanswered: UInt64 = 0

    package init() {}
}
