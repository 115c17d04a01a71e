/// The answer of the policy's owner to `TunnelOutput.decide`.
package enum Decision: Sendable, Equatable {
    case accept
    /// Accepted, but the last MTU measurement failed. Packets travel once a new one succeeds.
    case validatePath
    /// The tunnel sends the reasons to the peer, sealed.
    case refuse(reasons: [UInt8])
}

/// Names one request for a decision. A tunnel never issues a ticket twice.
public struct Ticket: Hashable, Sendable {
    public let peer: PeerID
    let number: UInt64

    func isBefore(_ other: Ticket) -> Bool { number < other.number }
}
