import SealanePacket

extension ValueParser {
    /// A prefix that a peer owns. It has no host bits, so that 10.78.0.2/24 cannot mean two things, and holds no
    /// addresses that a host cannot have.
    package static func network(_ text: String) throws(TextProblem) -> IPPrefix {
        let prefix = try prefix(text)
        guard prefix.network == prefix else {
            let host = IPPrefix(address: prefix.address, length: prefix.address.isIPv4 ? 32 : 128)
            throw TextProblem(
                "\(quoted(text)) has bits set beyond its length; expected \(prefix.network)"
                    + (host.map { " or \($0)" } ?? ""))
        }
        // A default route names no network: the host's other routes come first.
        if prefix.length > 0, let reserved = prefix.reservedNetwork {
            let place = reserved.prefix.contains(prefix) ? "is of" : "contains addresses of"
            throw TextProblem(
                "\(quoted(text)) \(place) \(reserved.prefix) (\(reserved.use)); "
                    + "expected addresses of hosts alone, such as 10.78.0.2/32 or fd78::2/128")
        }
        return prefix
    }

    /// The address of this host's interface, with the length of the network around it.
    package static func interfaceAddress(_ text: String) throws(TextProblem) -> IPPrefix {
        let prefix = try prefix(text)
        if prefix.address.isUnspecified || prefix.address.isMulticast {
            throw TextProblem("\(quoted(text)) is not the address of a host; expected one such as 10.78.0.1/24")
        }
        if let network = prefix.address.reservedNetwork {
            throw reserved(text, network, "expected the address of a host, such as 10.78.0.1/24")
        }
        // The kernel routes the device's own network into the tunnel.
        if prefix.length > 0, let network = prefix.network.reservedNetwork {
            throw TextProblem(
                "\(quoted(text)) is in a network that contains \(network.prefix) (\(network.use)); "
                    + "expected a greater length, such as 10.78.0.1/24")
        }
        // RFC 3021: a /31 has no network address, and a /32 is the host itself. IPv6 has no network address.
        if prefix.address.isIPv4, prefix.length < 31, prefix.network == prefix {
            throw TextProblem(
                "\(quoted(text)) is the network itself; expected this host's address in it, such as 10.78.0.1/24")
        }
        // RFC 919 section 7: the last address of a network is its broadcast address.
        if let ipv4 = prefix.address.ipv4, prefix.length < 31, ~ipv4 & (.max >> UInt32(prefix.length)) == 0 {
            throw TextProblem(
                "\(quoted(text)) is the broadcast address of its network; "
                    + "expected this host's address in it, such as 10.78.0.1/24")
        }
        return prefix
    }

    private static func prefix(_ text: String) throws(TextProblem) -> IPPrefix {
        if text.contains(":"), let ipv4 = IPAddress(String(text.prefix { $0 != "/" }))?.ipv4 {
            throw TextProblem(
                "\(quoted(text)) is an IPv4-mapped address; expected IPv4 itself, such as \(IPAddress(ipv4: ipv4))/32")
        }
        guard let prefix = IPPrefix(text) else {
            throw TextProblem(
                "\(quoted(text)) is not an address prefix; expected address/length such as 10.78.0.2/32 or fd00::2/128")
        }
        return prefix
    }
}
