/// The addresses and ports of one datagram: what a translator rewrites.
@frozen public struct DatagramTuple: Hashable, Sendable, CustomStringConvertible {
    public let source: Endpoint
    public let destination: Endpoint

    @inlinable public init(source: Endpoint, destination: Endpoint) {
        self.source = source
        self.destination = destination
    }

    public var description: String { "\(source) to \(destination)" }
}
