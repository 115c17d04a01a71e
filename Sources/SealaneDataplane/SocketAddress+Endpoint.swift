import SealaneLinux
import SealanePacket

/// The same address as the kernel and as the protocol know it.
extension SocketAddress {
    public init(_ endpoint: Endpoint) {
        self.init(high: endpoint.address.high, low: endpoint.address.low, port: endpoint.port)
    }
}

extension Endpoint {
    public init(_ address: SocketAddress) {
        self.init(address: IPAddress(high: address.high, low: address.low), port: address.port)
    }
}
