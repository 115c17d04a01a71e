import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// What is wrong with a value that an operator wrote, and what would be right: one sentence, without its place.
package struct TextProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// Where lane 0 of this host receives.
package struct ListenEndpoint: Sendable, Hashable, CustomStringConvertible {
    package let endpoint: Endpoint
    /// The interface of a link-local IPv6 address, by name (RFC 4007: its zone); nil for all others.
    package let zone: String?

    package init(endpoint: Endpoint, zone: String? = nil) {
        self.endpoint = endpoint
        self.zone = zone
    }

    /// `10.0.0.1`, `fe80::1%eth0`
    package var addressText: String { "\(endpoint.address)" + (zone.map { "%\($0)" } ?? "") }

    /// `10.0.0.1:7325`, `[fe80::1%eth0]:7325`
    package var description: String { zone == nil ? "\(endpoint)" : "[\(addressText)]:\(endpoint.port)" }
}

/// Reads the values that operators write, the same way in the configuration file, the peer file and the control API.
package enum OperatorText {
    /// 1 to 63 ASCII letters, digits, `-`, `_` and `.`, the first a letter or digit: safe in paths, logs and metrics.
    package static func peerName(_ text: String) throws(TextProblem) -> String {
        try name(text, of: "peer name")
    }

    /// The same rule as for peers.
    package static func fleetName(_ text: String) throws(TextProblem) -> String {
        try name(text, of: "fleet name")
    }

    private static func name(_ text: String, of kind: String) throws(TextProblem) -> String {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { $0.isASCIILetterOrDigit || [0x2d, 0x2e, 0x5f].contains($0) }
        guard let first = bytes.first, first.isASCIILetterOrDigit, isPlain, bytes.count <= 63 else {
            throw TextProblem(
                "\(quoted(text)) is not a \(kind); expected 1 to 63 letters, digits, - _ and ., a letter or digit first"
            )
        }
        return text
    }

    /// An address and port that a datagram can be sent to or bound to.
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

    /// Where lane 0 is on the underlay, of this host or of a peer. Agents that share a host may talk over its loopback:
    /// `PeerConflict` tells whether these do.
    ///
    /// A link-local IPv6 address (fe80::/10) stands without its interface: that of `agent.listen` is the only one from which
    /// it can be reached, as `PeerConflict` checks.
    package static func underlayEndpoint(_ text: String) throws(TextProblem) -> Endpoint {
        let (plain, zone) = split(text)
        let endpoint = try endpoint(plain)
        try refuseReserved(endpoint, text)
        if zone != nil {
            throw TextProblem(
                "\(quoted(text)) names an interface of this host; expected \(endpoint): a link-local endpoint is on the "
                    + "interface that agent.listen names")
        }
        return endpoint
    }

    /// Where this host's lane 0 is on the underlay. Of a link-local IPv6 address, the interface as well: `[fe80::1%eth0]:7325`.
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
                "\(quoted(text)) is link-local, which says nothing without its interface; "
                    + "expected %interface behind the address, such as [\(endpoint.address)%eth0]:\(endpoint.port)")
        }
        return ListenEndpoint(endpoint: endpoint, zone: zone)
    }

    /// `[fe80::1%eth0]:7325` without its zone (RFC 4007 section 11), and that.
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

    private static func reserved(_ text: String, _ network: ReservedNetwork, _ expected: String) -> TextProblem {
        TextProblem("\(quoted(text)) is of \(network.prefix) (\(network.use)); \(expected)")
    }

    /// What a peer owns: a prefix without host bits, so that 10.78.0.2/24 cannot mean two things, and without addresses that
    /// no host can have.
    package static func network(_ text: String) throws(TextProblem) -> IPPrefix {
        let prefix = try prefix(text)
        guard prefix.network == prefix else {
            let host = IPPrefix(address: prefix.address, length: prefix.address.isIPv4 ? 32 : 128)
            throw TextProblem(
                "\(quoted(text)) has bits set beyond its length; expected \(prefix.network)"
                    + (host.map { " or \($0)" } ?? ""))
        }
        // A default route is for what no other route of the host is for: it names no network.
        if prefix.length > 0, let reserved = prefix.reservedNetwork {
            let place = reserved.prefix.contains(prefix) ? "is of" : "contains addresses of"
            throw TextProblem(
                "\(quoted(text)) \(place) \(reserved.prefix) (\(reserved.use)); "
                    + "expected addresses of hosts alone, such as 10.78.0.2/32 or fd78::2/128")
        }
        return prefix
    }

    /// What this host's interface carries: its own address and the length of the network around it.
    package static func interfaceAddress(_ text: String) throws(TextProblem) -> IPPrefix {
        let prefix = try prefix(text)
        if prefix.address.isUnspecified || prefix.address.isMulticast {
            throw TextProblem("\(quoted(text)) is not the address of a host; expected one such as 10.78.0.1/24")
        }
        if let network = prefix.address.reservedNetwork {
            throw reserved(text, network, "expected the address of a host, such as 10.78.0.1/24")
        }
        // The device's own network becomes a route into the tunnel.
        if prefix.length > 0, let network = prefix.network.reservedNetwork {
            throw TextProblem(
                "\(quoted(text)) is in a network that contains \(network.prefix) (\(network.use)); "
                    + "expected a greater length, such as 10.78.0.1/24")
        }
        // RFC 3021: a /31 has no network address, a /32 is the host itself. IPv6 has none at all that matters here.
        if prefix.address.isIPv4, prefix.length < 31, prefix.network == prefix {
            throw TextProblem(
                "\(quoted(text)) is the network itself; expected this host's address in it, such as 10.78.0.1/24")
        }
        // RFC 919 section 7: the network's last address means all of its hosts.
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

    /// The text itself is not repeated in the problem: it may be a private key that was pasted by mistake.
    package static func publicKey(_ text: String) throws(TextProblem) -> PublicKey {
        if let key = PublicKey(text) {
            guard !key.isOfLowOrder else {
                throw TextProblem(
                    "public key is a point of low order, which is no host's: what is agreed with it is no secret; "
                        + "expected the peer's own, as `sealane key public` prints it")
            }
            return key
        }
        let expected = "expected 32 bytes as 44 characters of base64, as `sealane key public` prints them"
        guard text.utf8.count == 44 else {
            throw TextProblem("public key has \(text.utf8.count) characters; \(expected)")
        }
        throw TextProblem("public key is not base64 of 32 bytes; \(expected)")
    }

    /// A fact of an instance, as far as its form can be judged; whether it is right is for the rules.
    package static func fact(_ name: FactName, _ text: String) throws(TextProblem) -> Fact<String> {
        let isPrintable = text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard !text.isEmpty, isPrintable, text.utf8.count <= 64 else {
            throw TextProblem(
                "\(quoted(text)) is not an instance \(name); expected 1 to 64 printable characters without spaces")
        }
        switch name {
        case .instanceType where InstanceType(text) == nil:
            throw TextProblem("\(quoted(text)) is not an instance type; expected family.size such as c5n.large")
        case .account:
            return Fact(try account(text), .stated)
        default:
            return Fact(text, .stated)
        }
    }

    package static func account(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.count == 12, text.utf8.allSatisfy(\.isASCIIDigit) else {
            throw TextProblem("\(quoted(text)) is not an account; expected 12 digits such as 123456789012")
        }
        return text
    }

    package static func absolutePath(_ text: String) throws(TextProblem) -> String {
        guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else {
            throw TextProblem("\(quoted(text)) is not an absolute path; expected one that begins with /")
        }
        return text
    }

    /// The path of a file that holds a key. A key itself is not repeated in the problem.
    package static func keyFilePath(_ text: String) throws(TextProblem) -> String {
        guard PublicKey(text) == nil else {
            throw TextProblem(
                "this is a key, not where one is; expected the path of a file, and in it a new key, "
                    + "since others may have read this one")
        }
        return try absolutePath(text)
    }

    /// The text in quotation marks, on one line and no longer than that; what is not visible is escaped.
    package static func quoted(_ text: String) -> String {
        var line = "\""
        for scalar in text.unicodeScalars.prefix(80) {
            line += scalar.isVisible ? String(scalar) : scalar.escaped(asASCII: true)
        }
        return line + (text.unicodeScalars.count > 80 ? "…\"" : "\"")
    }
}

extension UInt8 {
    var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
    var isASCIILetterOrDigit: Bool { isASCIIDigit || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
}
