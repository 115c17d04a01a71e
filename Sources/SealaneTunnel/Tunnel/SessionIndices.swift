/// The indices in use, of sessions and of this host's initiations, each with its peer.
struct SessionIndices {
    private var peers: [SessionIndex: PeerID] = [:]

    var isEmpty: Bool { peers.isEmpty }

    func peer(of index: SessionIndex) -> PeerID? { peers[index] }

    /// Nil when `TunnelLimits.sessionCount` are in use.
    mutating func allocate(for peer: PeerID, using random: inout any RandomNumberGenerator & Sendable) -> SessionIndex?
    {
        guard peers.count < TunnelLimits.sessionCount else { return nil }
        while true {
            let index = SessionIndex(UInt32(truncatingIfNeeded: random.next()))
            // At most one in 4096 is in use.
            guard index.rawValue != 0, peers[index] == nil else { continue }
            peers[index] = peer
            return index
        }
    }

    mutating func release(_ index: SessionIndex) {
        peers[index] = nil
    }
}
