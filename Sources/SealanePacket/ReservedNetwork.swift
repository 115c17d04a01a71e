/// A network whose addresses are no host's on an overlay: a packet to one of them means this host, a link, many hosts, or
/// nobody, whatever a routing table says.
public struct ReservedNetwork: Hashable, Sendable {
    public let prefix: IPPrefix
    /// What the network is for, in a few words: "loopback".
    public let use: String

    private init?(_ prefix: String, _ use: String) {
        guard let prefix = IPPrefix(prefix) else { return nil }
        self.prefix = prefix
        self.use = use
    }

    /// IPv4-mapped addresses are not among them: `IPAddress` has them as IPv4 ones.
    ///
    /// Sources: RFC 6890 with the IANA registries of special-purpose addresses; for fd00:ec2::/32, the VPC user guide, "Route
    /// tables".
    public static let all: [ReservedNetwork] = [
        ReservedNetwork("0.0.0.0/8", "this network"),
        ReservedNetwork("127.0.0.0/8", "loopback"),
        ReservedNetwork("169.254.0.0/16", "link-local; instance metadata answers there"),
        ReservedNetwork("224.0.0.0/4", "multicast"),
        ReservedNetwork("255.255.255.255/32", "broadcast"),
        // With the first 64 bits zero: ::, ::1, and the forms that embed an IPv4 address (RFC 4291 section 2.5.5).
        ReservedNetwork("::/64", "unspecified, loopback or an embedded IPv4 address"),
        ReservedNetwork("fe80::/10", "link-local"),
        ReservedNetwork("ff00::/8", "multicast"),
        ReservedNetwork("fd00:ec2::/32", "EC2's own; instance metadata answers there"),
    ].compactMap(\.self)
}

extension IPPrefix {
    /// The first reserved network of which this prefix has addresses. Nil: it has none of any.
    public var reservedNetwork: ReservedNetwork? { ReservedNetwork.all.first { $0.prefix.overlaps(self) } }
}

extension IPAddress {
    /// The reserved network that it belongs to. Nil: none, it may be a host's.
    public var reservedNetwork: ReservedNetwork? { ReservedNetwork.all.first { $0.prefix.contains(self) } }
}
