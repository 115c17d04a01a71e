import SealanePacket

/// The last handshake message of a peer, or from its endpoint, that this host rejected for a reason that people can mend.
package struct RefusedHandshake: Sendable, Equatable {
    package enum Cause: Sendable, Equatable {
        /// The peer's initiation arrived, unaltered, from another address or port than the peer's endpoint.
        ///
        /// - Parameter isRepeated: its timestamp was seen before, so it may be a recording.
        case unexpectedSource(endpoint: Endpoint, isRepeated: Bool)
        case clock(ClockObjection)
        /// The peer made its response with another pre-shared key.
        case presharedKey
        /// The peer offers no cipher suite that this host uses.
        case noCommonSuite
        case unsupportedVersion
        /// An initiation from the peer's endpoint has this static key, not the peer's.
        ///
        /// - Parameter isProven: the holder of the private key, another peer, sent it, now or before somebody recorded it.
        case otherKey(PublicKey, isProven: Bool)
        /// An initiation from the peer's endpoint is for another public key than this host's.
        case otherReceiver
        /// An initiation from the peer's endpoint is for this host's public key, and for another fleet.
        case otherFleet
    }

    package let at: MonotonicTime
    /// The source address and port of the message.
    package let source: Endpoint
    package let cause: Cause

    /// Whether the holder of a configured key sent it, now or before somebody recorded it. Otherwise anybody who can forge a
    /// source address may have sent it.
    package var isProven: Bool {
        switch cause {
        case .unexpectedSource, .clock, .presharedKey, .noCommonSuite, .unsupportedVersion: true
        case .otherKey(_, let isProven): isProven
        case .otherReceiver, .otherFleet: false
        }
    }
}
