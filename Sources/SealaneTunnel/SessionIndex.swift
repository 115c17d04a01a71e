/// Names a session to its holder. The other end writes it into every datagram. It is random: it does not tell how many sessions
/// there are, and datagrams for an earlier run of the agent match no session. 0 names none.
@frozen public struct SessionIndex: Hashable, Sendable {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }
}
