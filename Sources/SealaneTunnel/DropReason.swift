/// Why a packet or a datagram was dropped. Each reason has a counter of its own, in status, JSON and metrics.
public enum DropReason: Int, CaseIterable, Sendable {
    // Datagrams that arrive.
    case datagramTruncated
    case datagramOversized
    case unknownMessageType
    case unsupportedVersion
    case unknownSession
    case unexpectedLane
    case unexpectedSource
    /// It crossed more routers than the policy allows.
    case unexpectedHopLimit
    /// A router on the path fragmented it: the path carries less than its sender's interface.
    case fragmented
    case replayed
    case notAuthentic
    case malformedPacket
    /// The path of its session is not proven to carry what it should.
    case pathUnproven
    case addressNotOwned
    /// An ICMP error about a packet that cannot have gone to the peer that sent the error.
    case icmpErrorNotOwned
    /// A router marked the datagram instead of dropping it, and the packet's sender would not understand (RFC 6040).
    case congestionExperienced
    // Handshakes.
    case handshakeNotAuthentic
    case handshakeMalformed
    case handshakeReplayed
    /// Its timestamp is too far ahead of this host's clock.
    case handshakeAheadOfClock
    case handshakeUnexpected
    case handshakeLimited
    case unknownPeer
    // Packets that leave.
    case malformedLocalPacket
    case noPeerForDestination
    case peerRefused
    case peerUnreachable
    case packetTooBig
    case waitingQueueFull
    case sessionExhausted
    /// The session is older than `TunnelLimits.rejectAfter`. Counted in both directions.
    case sessionExpired
    case sendFailed
    case interfaceFull

    public var name: String {
        switch self {
        case .datagramTruncated: "datagram-truncated"
        case .datagramOversized: "datagram-oversized"
        case .unknownMessageType: "unknown-message-type"
        case .unsupportedVersion: "unsupported-version"
        case .unknownSession: "unknown-session"
        case .unexpectedLane: "unexpected-lane"
        case .unexpectedSource: "unexpected-source"
        case .unexpectedHopLimit: "unexpected-hop-limit"
        case .fragmented: "fragmented"
        case .replayed: "replayed"
        case .notAuthentic: "not-authentic"
        case .malformedPacket: "malformed-packet"
        case .pathUnproven: "path-unproven"
        case .addressNotOwned: "address-not-owned"
        case .icmpErrorNotOwned: "icmp-error-not-owned"
        case .congestionExperienced: "congestion-experienced"
        case .handshakeNotAuthentic: "handshake-not-authentic"
        case .handshakeMalformed: "handshake-malformed"
        case .handshakeReplayed: "handshake-replayed"
        case .handshakeAheadOfClock: "handshake-ahead-of-clock"
        case .handshakeUnexpected: "handshake-unexpected"
        case .handshakeLimited: "handshake-limited"
        case .unknownPeer: "unknown-peer"
        case .malformedLocalPacket: "malformed-local-packet"
        case .noPeerForDestination: "no-peer-for-destination"
        case .peerRefused: "peer-refused"
        case .peerUnreachable: "peer-unreachable"
        case .packetTooBig: "packet-too-big"
        case .waitingQueueFull: "waiting-queue-full"
        case .sessionExhausted: "session-exhausted"
        case .sessionExpired: "session-expired"
        case .sendFailed: "send-failed"
        case .interfaceFull: "interface-full"
        }
    }
}

/// Drops by reason, of one owner: a lane, or the control thread. Readers add them up.
public struct DropCounts: Sendable, Equatable {
    @usableFromInline var counts: [UInt64]

    package init() {
        counts = Array(repeating: 0, count: DropReason.allCases.count)
    }

    package subscript(reason: DropReason) -> UInt64 {
        counts[reason.rawValue]
    }

    /// A drop is off the fast path: the array of its owner is unique, so this allocates nothing.
    @inlinable public mutating func count(_ reason: DropReason) {
        counts[reason.rawValue] &+= 1
    }

    package static func += (total: inout DropCounts, other: DropCounts) {
        for index in total.counts.indices { total.counts[index] &+= other.counts[index] }
    }
}
