/// The source and destination of one datagram, addresses and ports: what a NAT rewrites.
@frozen public struct FourTuple: Hashable, Sendable, CustomStringConvertible {
    public let source: Endpoint
    public let destination: Endpoint

    @inlinable public init(source: Endpoint, destination: Endpoint) {
        self.source = source
        self.destination = destination
    }

    public var description: String { "\(source) to \(destination)" }
}
