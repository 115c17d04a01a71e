import SealanePacket

/// The last initiation of a peer that was authentic and not accepted, for a reason that people can mend.
public struct RefusedHandshake: Sendable, Equatable {
    public enum Cause: Sendable, Equatable {
        /// It came, unaltered, from another address or port than the peer's endpoint.
        case unexpectedSource(endpoint: Endpoint)
        case clock(ClockObjection)
    }

    public let at: MonotonicTime
    /// Where it came from.
    public let source: Endpoint
    public let cause: Cause
}

/// Why the time in an initiation was not accepted.
public struct ClockObjection: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The time is ahead of the clock of the end that objects.
        case ahead
        /// The time is not later than one which that end has seen in an earlier initiation: the clock was set back, or somebody
        /// has repeated a recording.
        case behind
    }

    public let kind: Kind
    /// Whether the peer objects to this host's initiation, or else this host to the peer's.
    public let isByPeer: Bool
    /// The time in the initiation.
    public let stated: TAI64N
    /// The clock of the end that objects, or the time that it has seen.
    public let comparedWith: TAI64N
    public let at: MonotonicTime
}

/// What an initiation says if another initiation, which was not accepted for its timestamp, prompted it.
public struct HandshakePrompt: Equatable, Sendable {
    /// mac1 of that initiation: it names one, made with fresh keys.
    public var mac1: [UInt8]
    /// The timestamp that was seen before; nil: the one in that initiation was ahead of the clock.
    public var seen: TAI64N?

    public init(mac1: [UInt8], seen: TAI64N?) {
        self.mac1 = mac1
        self.seen = seen
    }

    var encoded: [UInt8] { mac1 + (seen?.bytes ?? []) }

    init?(decoding bytes: ArraySlice<UInt8>) {
        mac1 = Array(bytes.prefix(HandshakeMessage.macByteCount))
        guard bytes.count > mac1.count else {
            guard mac1.count == HandshakeMessage.macByteCount else { return nil }
            seen = nil
            return
        }
        guard let seen = TAI64N(bytes: bytes.dropFirst(mac1.count)) else { return nil }
        self.seen = seen
    }
}
