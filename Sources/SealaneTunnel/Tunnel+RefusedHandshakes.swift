import SealanePacket

/// Handshakes that are not accepted: what their sender cannot know, this end tells its people.
extension Tunnel {
    /// Notes what the peer's own message says, now or when somebody recorded it.
    mutating func noteRefused(
        _ cause: RefusedHandshake.Cause, from source: Endpoint, of id: PeerID, _ now: MonotonicTime
    ) {
        let refused = RefusedHandshake(at: now, source: source, cause: cause)
        peers[id]?.incidents.lastRefusedHandshake = refused
        tell(refused, of: id)
    }

    /// Notes what came from a peer's endpoint, or so it seems: a source address proves nothing. It counts while no session
    /// shows that both ends have the right keys, and does not hide what is proven.
    mutating func noteUnproven(_ cause: RefusedHandshake.Cause, from source: Endpoint, _ now: MonotonicTime) {
        guard let id = peerByEndpoint[source], let peer = peers[id], peer.sealing == nil else { return }
        if let last = peer.incidents.lastRefusedHandshake {
            let interval = last.isProven ? TunnelLimits.eventInterval : TunnelLimits.unprovenInterval
            guard now.since(last.at) >= interval else { return }
        }
        let refused = RefusedHandshake(at: now, source: source, cause: cause)
        peers[id]?.incidents.lastRefusedHandshake = refused
        guard isNews(refused, of: id), unprovenNews.take(at: now) else { return }
        tell(refused, of: id)
    }

    /// Notes that an initiation states a key that is no peer's.
    mutating func noteUnknown(_ key: PublicKey, from source: Endpoint, _ now: MonotonicTime) {
        guard peerByEndpoint[source] == nil else {
            return noteUnproven(.otherKey(key, isProven: false), from: source, now)
        }
        if let stranger = strangersHeard.note(key, from: source, at: now) { emit(.event(.strangerHeard(stranger))) }
    }

    /// The peer's initiation came, unaltered, from elsewhere than its endpoint.
    mutating func noteUnexpectedSource(
        _ source: Endpoint, of peer: PeerParameters, _ timestamp: TAI64N, _ now: Now
    ) {
        let isFresh =
            switch (histories[peer.publicKey] ?? InitiationHistory()).judge(timestamp, at: now.wall) {
            case .fresh, .early: true
            case .repeated, .late: false
            }
        noteRefused(
            .unexpectedSource(endpoint: peer.endpoint, isRepeated: !isFresh), from: source, of: peer.id, now.monotonic)
        guard isFresh, let other = peerByEndpoint[source] else { return }
        noteRefused(.otherKey(peer.publicKey, isProven: true), from: source, of: other, now.monotonic)
    }

    /// People hear of each change once, and again while it lasts.
    private func isNews(_ refused: RefusedHandshake, of id: PeerID) -> Bool {
        guard let told = peers[id]?.incidents.toldRefusedHandshake else { return true }
        return told.cause != refused.cause || told.source != refused.source
            || refused.at.since(told.at) >= TunnelLimits.reminderInterval
    }

    private mutating func tell(_ refused: RefusedHandshake, of id: PeerID) {
        guard isNews(refused, of: id) else { return }
        peers[id]?.incidents.toldRefusedHandshake = refused
        emit(.event(.handshakeNotAccepted(id, refused)))
    }

    // MARK: For people

    /// Hosts that are no peers and have begun handshakes: those that were heard last, in the order in which they came.
    public var strangers: [Stranger] { strangersHeard.all }

    /// Whose endpoint it is.
    public func peer(at endpoint: Endpoint) -> PeerID? { peerByEndpoint[endpoint] }

    /// Whose public key it is.
    public func peer(of key: PublicKey) -> PeerID? { peerByKey[key] }
}
