import FoundationEssentials

/// Handshakes that this host began and that the peer has not answered.
package struct UnansweredReport: Codable, Sendable, Equatable {
    /// When the first handshake left. Nothing has come from the peer since.
    package var since: Date
    package var attempts: Int
    /// The lane that carries handshakes.
    package var lane = 0
    /// The UDP addresses and ports of that lane on this host and on the peer.
    package var from: String
    package var to: String

    package init(since: Date, attempts: Int, from: String, to: String) {
        self.since = since
        self.attempts = attempts
        self.from = from
        self.to = to
    }
}
