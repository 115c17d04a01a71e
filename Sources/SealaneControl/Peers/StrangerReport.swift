import FoundationEssentials

/// A host that knows this host's public key, is no peer, and has begun handshakes. Nothing that it says is proven.
package struct StrangerReport: Codable, Sendable, Equatable {
    /// UDP address and port of its last handshake.
    package var source: String
    /// What it says its public key is.
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
    /// Whether it was heard lately.
    package func isNews(at now: Date) -> Bool { now.timeIntervalSince(lastAt) < RefusedHandshakeReport.newsSpan }

    /// What to do about it.
    ///
    /// - Parameter ownKey: this host's public key.
    package func remedy(_ ownKey: String) -> String {
        publicKey == ownKey
            ? "another host has a copy of this host's private key: give it one of its own"
            : "if it is to be a peer, name it in peers, with what sealane key public prints there; if not, it needs nothing"
    }
}
