import FoundationEssentials

/// The last handshake message of a peer, or from its endpoint, that was not accepted for a reason that people can mend.
public struct RefusedHandshakeReport: Codable, Sendable, Equatable {
    /// Stable.
    public enum Reason: String, Codable, Sendable, CaseIterable {
        /// The peer's key was used from another address than its endpoint: it has moved, or another host has its private key.
        case unexpectedSource = "unexpected-source"
        /// The peer's key was used from the endpoint of another peer, or that one's from this endpoint.
        case keysSwapped = "keys-swapped"
        /// The host at the peer's endpoint says that it has another public key.
        case otherPublicKey = "other-public-key"
        /// The host at the peer's endpoint has another public key for this host.
        case notForThisKey = "not-for-this-key"
        /// The host at the peer's endpoint names another fleet.
        case otherFleet = "other-fleet"
        /// The peer's answer is made with another pre-shared key.
        case presharedKeyDiffers = "preshared-key-differs"
        case noCommonSuite = "no-common-suite"
        case unsupportedVersion = "unsupported-version"
        /// See `ClockReport`.
        case clockAhead = "clock-ahead"
        case clockBehind = "clock-behind"
    }

    public var at: Date
    /// The UDP address and port that it came from.
    public var source: String
    public var reason: Reason
    /// Whether the holder of a peer's private key has sent it. If not, it may be from anybody who can forge a source address.
    public var proven: Bool
    public var observed: String
    /// What to do.
    public var remedy: String
    /// The other of two peers whose keys are swapped.
    public var otherPeer: String?
    /// What the host at the peer's endpoint says its public key is.
    public var publicKey: String?

    public init(
        at: Date, source: String, reason: Reason, proven: Bool, observed: String, remedy: String,
        otherPeer: String? = nil, publicKey: String? = nil
    ) {
        self.at = at
        self.source = source
        self.reason = reason
        self.proven = proven
        self.observed = observed
        self.remedy = remedy
        self.otherPeer = otherPeer
        self.publicKey = publicKey
    }
}

/// A host that knows this host's public key, is no peer, and has begun handshakes. Nothing that it says is proven.
public struct StrangerReport: Codable, Sendable, Equatable {
    /// UDP address and port of its last handshake.
    public var source: String
    /// What it says its public key is.
    public var publicKey: String
    public var since: Date
    public var lastAt: Date
    public var handshakes: UInt64

    public init(source: String, publicKey: String, since: Date, lastAt: Date, handshakes: UInt64) {
        self.source = source
        self.publicKey = publicKey
        self.since = since
        self.lastAt = lastAt
        self.handshakes = handshakes
    }
}
