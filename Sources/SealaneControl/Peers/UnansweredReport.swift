import FoundationEssentials

/// Handshakes that this host began and the peer has not answered.
package struct UnansweredReport: Codable, Sendable, Equatable {
    /// When the first of them left; the peer was not heard since.
    package var since: Date
    package var attempts: Int
    /// The lane that handshakes use.
    package var lane = 0
    /// UDP addresses and ports of that lane, of this host and of the peer.
    package var from: String
    package var to: String

    package init(since: Date, attempts: Int, from: String, to: String) {
        self.since = since
        self.attempts = attempts
        self.from = from
        self.to = to
    }
}
