import SealanePacket

extension ValueParser {
    /// An address and port that a socket can send to or bind.
    package static func endpoint(_ text: String) throws(TextProblem) -> Endpoint {
        guard let endpoint = Endpoint(text) else {
            throw TextProblem(
                "\(quoted(text)) is not an endpoint; expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325")
        }
        if text.contains("["), let ipv4 = endpoint.address.ipv4 {
            throw TextProblem(
                "\(quoted(text)) is an IPv4-mapped address; expected \(IPAddress(ipv4: ipv4)):\(endpoint.port)")
        }
        if endpoint.port == 0 {
            throw TextProblem("\(quoted(text)) has port 0; expected a port from 1 to 65535, usually 7325")
        }
        if endpoint.address.isUnspecified {
            throw TextProblem("\(quoted(text)) names no host; expected the address of one interface")
        }
        if endpoint.address.isMulticast {
            throw TextProblem("\(quoted(text)) is a multicast address; expected the address of one host")
        }
        return endpoint
    }

    /// The underlay endpoint of lane 0 of a peer. Loopback addresses pass here, because agents that share a host may
    /// talk over them; `PeerConflict` checks that both ends do.
    ///
    /// A link-local IPv6 address (fe80::/10) is written without its interface: only the interface of `agent.listen`
    /// reaches it, as `PeerConflict` checks.
    package static func underlayEndpoint(_ text: String) throws(TextProblem) -> Endpoint {
        let (plain, zone) = split(text)
        let endpoint = try endpoint(plain)
        try refuseReserved(endpoint, text)
        if zone != nil {
            throw TextProblem(
                "\(quoted(text)) names an interface of this host; expected \(endpoint): a link-local endpoint is always on "
                    + "the interface that agent.listen names")
        }
        return endpoint
    }

    /// The underlay endpoint of this host's lane 0. A link-local IPv6 address includes its interface:
    /// `[fe80::1%eth0]:7325`.
    package static func listenEndpoint(_ text: String) throws(TextProblem) -> ListenEndpoint {
        let (plain, zone) = split(text)
        let endpoint = try endpoint(plain)
        try refuseReserved(endpoint, text)
        guard endpoint.address.isIPv6LinkLocal else {
            guard zone == nil else {
                throw TextProblem(
                    "\(quoted(text)) names an interface, which only a link-local address (fe80::/10) needs; "
                        + "expected \(endpoint)")
            }
            return ListenEndpoint(endpoint: endpoint, zone: nil)
        }
        guard let zone, (1...15).contains(zone.utf8.count), zone.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw TextProblem(
                "\(quoted(text)) is link-local and does not name its interface; "
                    + "expected %interface after the address, such as [\(endpoint.address)%eth0]:\(endpoint.port)")
        }
        return ListenEndpoint(endpoint: endpoint, zone: zone)
    }

    /// Splits `[fe80::1%eth0]:7325` into the endpoint without its zone (RFC 4007 section 11) and the zone.
    private static func split(_ text: String) -> (plain: String, zone: String?) {
        guard text.hasPrefix("["), let begin = text.firstIndex(of: "%"), let end = text.lastIndex(of: "]"), begin < end
        else { return (text, nil) }
        return (String(text[..<begin] + text[end...]), String(text[text.index(after: begin)..<end]))
    }

    private static func refuseReserved(_ endpoint: Endpoint, _ text: String) throws(TextProblem) {
        let address = endpoint.address
        guard let network = address.reservedNetwork, !address.isLoopback, !address.isIPv6LinkLocal else { return }
        throw reserved(text, network, "expected the address of one host such as 10.0.0.1:7325")
    }
}
