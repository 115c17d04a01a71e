import FoundationEssentials

/// The last handshake message of a peer, or from its endpoint, that was rejected for a reason that people can fix.
package struct RefusedHandshakeReport: Codable, Sendable, Equatable {
    /// Stable.
    package enum Reason: String, Codable, Sendable, CaseIterable {
        /// The peer's key was used from an address other than its endpoint: the peer has moved, or another host has its
        /// private key.
        case unexpectedSource = "unexpected-source"
        /// The peer's key was used from the endpoint of another peer, or the other peer's key from this endpoint.
        case keysSwapped = "keys-swapped"
        /// The host at the peer's endpoint says that it has another public key.
        case otherPublicKey = "other-public-key"
        /// The host at the peer's endpoint expects another public key of this host.
        case notForThisKey = "not-for-this-key"
        /// The host at the peer's endpoint names another fleet.
        case otherFleet = "other-fleet"
        /// The peer used another pre-shared key.
        case presharedKeyDiffers = "preshared-key-differs"
        case noCommonSuite = "no-common-suite"
        case unsupportedVersion = "unsupported-version"
        /// See `ClockReport`.
        case clockAhead = "clock-ahead"
        case clockBehind = "clock-behind"
    }

    package var at: Date
    /// The UDP address and port from which it came.
    package var source: String
    package var reason: Reason
    /// Whether the holder of a peer's private key sent it. If not, anybody who can forge a source address may have sent
    /// it.
    package var proven: Bool
    package var observed: String
    /// What to do.
    package var remedy: String
    /// The other peer, if the keys of two are swapped.
    package var otherPeer: String?
    /// The public key that the host at the peer's endpoint claims.
    package var publicKey: String?

    package init(
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

extension RefusedHandshakeReport {
    /// For how long lists of several peers show it, in seconds.
    package static var newsSpan: TimeInterval { 600 }

    /// Clocks have a line of their own in reports.
    private var isOfClock: Bool { [.clockAhead, .clockBehind].contains(reason) }

    package var isShown: Bool { !isOfClock }

    /// Whether to show it as something to fix: it is recent, and no session has come since. Use of a peer's key
    /// elsewhere stays a problem while the peer has a session.
    package func isNews(_ lastHandshakeAt: Date?, at now: Date) -> Bool {
        guard !isOfClock, now.timeIntervalSince(at) < Self.newsSpan else { return false }
        return [.unexpectedSource, .keysSwapped].contains(reason) || lastHandshakeAt.map { $0 < at } ?? true
    }

    /// Whether it explains why handshakes since then have no answer.
    package func explains(since: Date) -> Bool {
        // The length of one attempt.
        !isOfClock && at.timeIntervalSince(since) > -10
    }
}

extension PeerReport {
    /// The rejected handshake, if somebody should fix its cause.
    package func refusedHandshakeToMend(at now: Date) -> RefusedHandshakeReport? {
        refusedHandshake.flatMap { $0.isNews(lastHandshakeAt, at: now) ? $0 : nil }
    }
}
