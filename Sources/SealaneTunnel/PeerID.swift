/// Names a peer within one agent: a small number that the agent assigns, so that lanes find peers by index.
@frozen public struct PeerID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32

    @inlinable public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    public var description: String { "peer \(rawValue)" }
}
