import SealanePacket

/// Records of rejected initiations. The sender cannot know why this host rejects them, so this host reports it to people.
extension Tunnel {
    /// Records a message from a peer's endpoint, as far as its source address tells, which proves nothing.
    mutating func recordUnproven(_ cause: RefusedHandshake.Cause, from source: Endpoint, _ now: MonotonicTime) {
        guard let id = peerByEndpoint[source] else { return }
        peers[id]?.record(unproven: cause, from: source, now, &context)
    }

    /// Records that an initiation states a key that no peer has.
    mutating func recordUnknown(_ key: PublicKey, from source: Endpoint, _ now: MonotonicTime) {
        guard peerByEndpoint[source] == nil else {
            return recordUnproven(.otherKey(key, isProven: false), from: source, now)
        }
        if let stranger = strangersHeard.record(key, from: source, at: now) {
            context.emit(.event(.strangerHeard(stranger)))
        }
    }

    /// Records that the peer's initiation arrived, unaltered, from elsewhere than its endpoint.
    mutating func recordUnexpectedSource(
        _ source: Endpoint, of peer: PeerParameters, _ timestamp: TAI64N, _ now: Now
    ) {
        let isFresh =
            switch context.timestamps.judge(timestamp, of: peer.publicKey, at: now.wall) {
            case .fresh, .early: true
            case .repeated, .late: false
            }
        peers[peer.id]?.record(
            refused: .unexpectedSource(endpoint: peer.endpoint, isRepeated: !isFresh), from: source, now.monotonic,
            &context)
        guard isFresh, let other = peerByEndpoint[source] else { return }
        peers[other]?.record(
            refused: .otherKey(peer.publicKey, isProven: true), from: source, now.monotonic, &context)
    }

    /// Hosts without an entry among the peers that have begun handshakes: the last ones, in the order in which they appeared.
    package var strangers: [Stranger] { strangersHeard.all }
}
