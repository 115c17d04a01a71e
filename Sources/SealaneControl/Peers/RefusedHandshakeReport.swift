import FoundationEssentials

/// The last handshake message of a peer, or from its endpoint, that was not accepted for a reason that people can mend.
package struct RefusedHandshakeReport: Codable, Sendable, Equatable {
    /// Stable.
    package enum Reason: String, Codable, Sendable, CaseIterable {
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

    package var at: Date
    /// The UDP address and port that it came from.
    package var source: String
    package var reason: Reason
    /// Whether the holder of a peer's private key has sent it. If not, it may be from anybody who can forge a source address.
    package var proven: Bool
    package var observed: String
    /// What to do.
    package var remedy: String
    /// The other of two peers whose keys are swapped.
    package var otherPeer: String?
    /// What the host at the peer's endpoint says its public key is.
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
    /// How long it is told where there is more than one peer.
    package static var newsSpan: TimeInterval { 600 }

    /// The clock has a line of its own.
    private var isOfClock: Bool { [.clockAhead, .clockBehind].contains(reason) }

    package var isShown: Bool { !isOfClock }

    /// Whether it is shown as something to mend: recent, and not mended since. That a peer's key is used elsewhere does not end
    /// when the peer has a session.
    package func isNews(_ lastHandshakeAt: Date?, at now: Date) -> Bool {
        guard !isOfClock, now.timeIntervalSince(at) < Self.newsSpan else { return false }
        return [.unexpectedSource, .keysSwapped].contains(reason) || lastHandshakeAt.map { $0 < at } ?? true
    }

    /// Whether it says why handshakes since then have no answer.
    package func explains(since: Date) -> Bool {
        // One attempt is as long as this.
        !isOfClock && at.timeIntervalSince(since) > -10
    }
}

extension PeerReport {
    /// What is to be mended; nil: nothing.
    package func refusedHandshakeToMend(at now: Date) -> RefusedHandshakeReport? {
        refusedHandshake.flatMap { $0.isNews(lastHandshakeAt, at: now) ? $0 : nil }
    }
}
