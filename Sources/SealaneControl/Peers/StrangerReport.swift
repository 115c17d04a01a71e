import FoundationEssentials

/// A host that knows this host's public key, is not a peer, and has begun handshakes. Nothing that it claims is proven.
package struct StrangerReport: Codable, Sendable, Equatable {
    /// The UDP address and port of its last handshake.
    package var source: String
    /// The public key that it claims.
    package var publicKey: String
    package var since: Date
    package var lastAt: Date
    package var handshakes: UInt64

    package init(source: String, publicKey: String, since: Date, lastAt: Date, handshakes: UInt64) {
        self.source = source
        self.publicKey = publicKey
        self.since = since
        self.lastAt = lastAt
        self.handshakes = handshakes
    }
}

extension StrangerReport {
    /// Whether its last handshake is recent.
    package func isNews(at now: Date) -> Bool { now.timeIntervalSince(lastAt) < RefusedHandshakeReport.newsSpan }

    /// What to do about it.
    ///
    /// - Parameter ownKey: this host's public key.
    package func remedy(_ ownKey: String) -> String {
        publicKey == ownKey
            ? "another host has a copy of this host's private key: give that host a key of its own"
            : "to make it a peer, add it to peers with the key that sealane key public prints on it; otherwise ignore it"
    }
}
