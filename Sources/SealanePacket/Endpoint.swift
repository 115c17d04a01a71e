/// The address and port of a UDP socket: 10.0.0.1:7325 or [fd00::1]:7325.
@frozen public struct Endpoint: Hashable, Sendable {
    public let address: IPAddress
    public let port: UInt16

    @inlinable public init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }
}

extension Endpoint: LosslessStringConvertible {
    /// An IPv6 address is in brackets. The port has no sign and no leading zero.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let portText = text[text.index(after: colon)...]
        guard let port = UInt16(portText), String(port) == portText else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard host.contains(":") == isBracketed, let address = IPAddress(String(host)) else { return nil }
        self.init(address: address, port: port)
    }

    public var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
