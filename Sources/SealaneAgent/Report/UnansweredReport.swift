import FoundationEssentials

/// Handshakes that this host began and the peer has not answered.
public struct UnansweredReport: Codable, Sendable, Equatable {
    /// When the first of them left; the peer was not heard since.
    public var since: Date
    public var attempts: Int
    /// The lane that handshakes use.
    public var lane = 0
    /// UDP addresses and ports of that lane, of this host and of the peer.
    public var from: String
    public var to: String

    public init(since: Date, attempts: Int, from: String, to: String) {
        self.since = since
        self.attempts = attempts
        self.from = from
        self.to = to
    }
}
