import SealanePacket

/// The same address as the kernel and as the protocol know it.
extension SocketAddress {
    @inlinable public init(_ endpoint: Endpoint) {
        self.init(high: endpoint.address.high, low: endpoint.address.low, port: endpoint.port)
    }
}

extension Endpoint {
    @inlinable public init(_ address: SocketAddress) {
        self.init(address: IPAddress(high: address.high, low: address.low), port: address.port)
    }
}
