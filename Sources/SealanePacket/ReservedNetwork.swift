/// A network without host addresses on an overlay: a packet to it is for this host, a link, many hosts or nobody,
/// whatever a routing table says.
package struct ReservedNetwork: Hashable, Sendable {
    package let prefix: IPPrefix
    /// The network's purpose in a few words: "loopback".
    package let use: String

    private init?(_ prefix: String, _ use: String) {
        guard let prefix = IPPrefix(prefix) else { return nil }
        self.prefix = prefix
        self.use = use
    }

    /// IPv4-mapped addresses are not listed: `IPAddress` treats them as IPv4.
    ///
    /// Sources: RFC 6890 with the IANA registries of special-purpose addresses; for fd00:ec2::/32, the VPC user guide,
    /// "Route tables".
    package static let all: [ReservedNetwork] = [
        ReservedNetwork("0.0.0.0/8", "this network"),
        ReservedNetwork("127.0.0.0/8", "loopback"),
        ReservedNetwork("169.254.0.0/16", "link-local; instance metadata answers there"),
        ReservedNetwork("224.0.0.0/4", "multicast"),
        ReservedNetwork("255.255.255.255/32", "broadcast"),
        // The first 64 bits are zero: ::, ::1, and the forms with an embedded IPv4 address (RFC 4291 section 2.5.5).
        ReservedNetwork("::/64", "unspecified, loopback or an embedded IPv4 address"),
        ReservedNetwork("fe80::/10", "link-local"),
        ReservedNetwork("ff00::/8", "multicast"),
        ReservedNetwork("fd00:ec2::/32", "EC2's own; instance metadata answers there"),
    ].compactMap(\.self)
}

extension IPPrefix {
    /// The first reserved network that overlaps this prefix; nil if none does.
    package var reservedNetwork: ReservedNetwork? { ReservedNetwork.all.first { $0.prefix.overlaps(self) } }
}

extension IPAddress {
    /// The reserved network that contains the address; nil if a host may have it.
    package var reservedNetwork: ReservedNetwork? { ReservedNetwork.all.first { $0.prefix.contains(self) } }
}
