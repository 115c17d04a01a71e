/// An address and the number of its first bits that identify the network: 10.78.0.0/24.
public struct IPPrefix: Hashable, Sendable {
    /// As given, including host bits.
    public let address: IPAddress
    /// 0 to 32, or 0 to 128, in the address's own family.
    public let length: Int

    /// Nil if the family has no such length.
    package init?(address: IPAddress, length: Int) {
        guard (0...address.bitCount).contains(length) else { return nil }
        self.address = address
        self.length = length
    }

    private init(network address: IPAddress, length: Int) {
        self.address = address.masked(to: length)
        self.length = length
    }

    /// The prefix with its host bits cleared. It keeps its family: 0.0.0.0/0 is IPv4.
    public var network: IPPrefix { IPPrefix(network: address, length: length) }

    /// Whether it contains one address only.
    package var isHostRoute: Bool { length == address.bitCount }

    /// Always false across families: ::/0 does not contain 10.0.0.1.
    public func contains(_ other: IPAddress) -> Bool {
        address.isIPv4 == other.isIPv4 && other.masked(to: length) == address.masked(to: length)
    }

    public func contains(_ other: IPPrefix) -> Bool {
        length <= other.length && contains(other.address)
    }

    package func overlaps(_ other: IPPrefix) -> Bool {
        contains(other) || other.contains(self)
    }
}

extension IPPrefix: LosslessStringConvertible {
    /// `address/length`; an address alone is its host route. The length has no sign and no leading zero.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        if parts.count == 1 {
            self.init(address: address, length: address.bitCount)
            return
        }
        guard parts.count == 2, let length = Int(parts[1]), String(length) == parts[1] else { return nil }
        self.init(address: address, length: length)
    }

    public var description: String { "\(address)/\(length)" }
}
