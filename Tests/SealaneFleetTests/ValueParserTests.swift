import SealaneEligibility
import SealaneFleet
import SealanePacket
import Testing

struct ValueParserTests {
    private func problem(_ body: () throws(TextProblem) -> some Any) -> String? {
        do throws(TextProblem) {
            _ = try body()
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: ["b", "web-1.eu", "0_0", String(repeating: "x", count: 63)])
    func `a peer name that is safe everywhere is taken as it is`(_ name: String) throws {
        #expect(try ValueParser.peerName(name) == name)
    }

    @Test(arguments: ["", ".b", "-b", "a b", "a/b", "ä", String(repeating: "x", count: 64), "a\n"])
    func `another peer name is refused with the rule`(_ name: String) {
        let expected = "is not a peer name; expected 1 to 63 letters, digits, - _ and ., a letter or digit first"
        #expect(problem { () throws(TextProblem) in try ValueParser.peerName(name) }?.hasSuffix(expected) == true)
    }

    @Test(arguments: [
        (
            "10.0.0.1",
            "\"10.0.0.1\" is not an endpoint; expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325"
        ),
        ("10.0.0.1:0", "\"10.0.0.1:0\" has port 0; expected a port from 1 to 65535, usually 7325"),
        ("0.0.0.0:7325", "\"0.0.0.0:7325\" names no host; expected the address of one interface"),
        ("[::]:7325", "\"[::]:7325\" names no host; expected the address of one interface"),
        ("[ff02::1]:7325", "\"[ff02::1]:7325\" is a multicast address; expected the address of one host"),
    ])
    func `an endpoint that no datagram can go to is refused`(_ text: String, _ expected: String) {
        #expect(problem { () throws(TextProblem) in try ValueParser.endpoint(text) } == expected)
    }

    @Test(arguments: [
        ("255.255.255.255:7325", "is of 255.255.255.255/32 (broadcast)"),
        ("169.254.1.1:7325", "is of 169.254.0.0/16 (link-local; instance metadata answers there)"),
        ("0.1.2.3:7325", "is of 0.0.0.0/8 (this network)"),
        ("[::10.0.0.1]:7325", "is of ::/64 (unspecified, loopback or an embedded IPv4 address)"),
    ])
    func `an underlay endpoint that is no host's is refused`(_ text: String, _ expected: String) {
        let said = problem { () throws(TextProblem) in try ValueParser.underlayEndpoint(text) }
        #expect(said == "\"\(text)\" \(expected); expected the address of one host such as 10.0.0.1:7325")
    }

    @Test(arguments: [
        "10.0.0.1:7325", "127.0.0.2:7325", "[::1]:7325", "192.0.2.1:1", "[fd00::1]:7325", "100.64.0.1:7325",
        "[fe80::1]:7325",
    ])
    func `an underlay endpoint of a host is taken`(_ text: String) {
        #expect(problem { () throws(TextProblem) in try ValueParser.underlayEndpoint(text) } == nil)
    }

    @Test func `a peer's link-local endpoint is on the interface that this host listens on`() {
        #expect(
            problem { () throws(TextProblem) in try ValueParser.underlayEndpoint("[fe80::1%eth0]:7325") }
                == "\"[fe80::1%eth0]:7325\" names an interface of this host; expected [fe80::1]:7325: "
                + "a link-local endpoint is always on the interface that agent.listen names")
    }

    @Test(arguments: [
        ("10.0.0.1:7325", "10.0.0.1:7325", nil), ("[fd00::1]:7325", "[fd00::1]:7325", nil),
        ("[fe80::1%eth0]:7325", "[fe80::1]:7325", "eth0"), ("[febf::1%br-lan.7]:1", "[febf::1]:1", "br-lan.7"),
    ])
    func `a listen endpoint has an interface if it is link-local`(
        _ text: String, _ endpoint: String, _ zone: String?
    ) throws {
        let listen = try ValueParser.listenEndpoint(text)
        #expect(listen.endpoint == Endpoint(endpoint))
        #expect(listen.zone == zone)
        #expect(listen.description == text)
    }

    @Test(arguments: [
        (
            "[fe80::1]:7325",
            "is link-local and does not name its interface; "
                + "expected %interface after the address, such as [fe80::1%eth0]:7325"
        ),
        (
            "[fe80::1%]:7325",
            "is link-local and does not name its interface; "
                + "expected %interface after the address, such as [fe80::1%eth0]:7325"
        ),
        (
            "[fd00::1%eth0]:7325",
            "names an interface, which only a link-local address (fe80::/10) needs; expected [fd00::1]:7325"
        ),
        (
            "169.254.1.1:7325",
            "is of 169.254.0.0/16 (link-local; instance metadata answers there); "
                + "expected the address of one host such as 10.0.0.1:7325"
        ),
    ])
    func `a listen endpoint that cannot be bound is refused`(_ text: String, _ expected: String) {
        let said = problem { () throws(TextProblem) in _ = try ValueParser.listenEndpoint(text) }
        #expect(said == "\"\(text)\" \(expected)")
    }

    @Test func `IPv4 is written as IPv4, never as an IPv4-mapped address`() {
        #expect(
            problem { () throws(TextProblem) in try ValueParser.endpoint("[::ffff:10.0.0.1]:7325") }
                == "\"[::ffff:10.0.0.1]:7325\" is an IPv4-mapped address; expected 10.0.0.1:7325")
        for text in ["::ffff:10.78.0.2", "::ffff:10.78.0.2/32", "::ffff:10.78.0.2/128", "::ffff:a4e:2/120"] {
            let expected = "\"\(text)\" is an IPv4-mapped address; expected IPv4 itself, such as 10.78.0.2/32"
            #expect(problem { () throws(TextProblem) in try ValueParser.network(text) } == expected)
            #expect(problem { () throws(TextProblem) in try ValueParser.interfaceAddress(text) } == expected)
        }
    }

    @Test(arguments: [
        ("127.0.0.1/32", "is of 127.0.0.0/8 (loopback)"), ("127.0.0.0/8", "is of 127.0.0.0/8 (loopback)"),
        ("0.1.2.3/32", "is of 0.0.0.0/8 (this network)"), ("0.0.0.0/8", "is of 0.0.0.0/8 (this network)"),
        ("224.0.0.0/4", "is of 224.0.0.0/4 (multicast)"), ("239.1.1.1/32", "is of 224.0.0.0/4 (multicast)"),
        ("169.254.0.0/16", "is of 169.254.0.0/16 (link-local; instance metadata answers there)"),
        ("160.0.0.0/4", "contains addresses of 169.254.0.0/16 (link-local; instance metadata answers there)"),
        ("126.0.0.0/7", "contains addresses of 127.0.0.0/8 (loopback)"),
        ("255.255.255.255/32", "is of 255.255.255.255/32 (broadcast)"),
        ("::1/128", "is of ::/64 (unspecified, loopback or an embedded IPv4 address)"),
        ("::/128", "is of ::/64 (unspecified, loopback or an embedded IPv4 address)"),
        ("::a4e:2/128", "is of ::/64 (unspecified, loopback or an embedded IPv4 address)"),
        ("::/8", "contains addresses of ::/64 (unspecified, loopback or an embedded IPv4 address)"),
        ("fe80::/64", "is of fe80::/10 (link-local)"), ("ff02::1/128", "is of ff00::/8 (multicast)"),
        ("fd00:ec2::254/128", "is of fd00:ec2::/32 (EC2's own; instance metadata answers there)"),
    ])
    func `a network with addresses that no host has is refused`(_ text: String, _ expected: String) {
        let said = problem { () throws(TextProblem) in try ValueParser.network(text) }
        #expect(
            said == "\"\(text)\" \(expected); expected addresses of hosts alone, such as 10.78.0.2/32 or fd78::2/128")
    }

    @Test(arguments: [
        ("127.0.0.1/8", "is of 127.0.0.0/8 (loopback); expected the address of a host, such as 10.78.0.1/24"),
        (
            "169.254.7.1/16",
            "is of 169.254.0.0/16 (link-local; instance metadata answers there); expected the address of a host, such as 10.78.0.1/24"
        ),
        ("fe80::1/64", "is of fe80::/10 (link-local); expected the address of a host, such as 10.78.0.1/24"),
        (
            "::1/128",
            "is of ::/64 (unspecified, loopback or an embedded IPv4 address); expected the address of a host, such as 10.78.0.1/24"
        ),
        ("224.0.0.1/24", "is not the address of a host; expected one such as 10.78.0.1/24"),
        (
            "126.0.0.1/7",
            "is in a network that contains 127.0.0.0/8 (loopback); expected a greater length, such as 10.78.0.1/24"
        ),
        (
            "10.78.0.255/24",
            "is the broadcast address of its network; expected this host's address in it, such as 10.78.0.1/24"
        ),
        (
            "10.255.255.255/8",
            "is the broadcast address of its network; expected this host's address in it, such as 10.78.0.1/24"
        ),
    ])
    func `an interface address that no host has is refused`(_ text: String, _ expected: String) {
        #expect(
            problem { () throws(TextProblem) in try ValueParser.interfaceAddress(text) } == "\"\(text)\" \(expected)")
    }

    @Test(arguments: ["10.78.0.254/24", "10.78.0.255/16", "10.78.0.255/31", "10.78.0.255/32", "fd78::ffff:ffff/96"])
    func `an interface address beside those is taken`(_ text: String) {
        #expect(problem { () throws(TextProblem) in try ValueParser.interfaceAddress(text) } == nil)
    }

    @Test func `a public key of low order is refused`() {
        let key = "7P///////////////////////////////////////38="
        let said = problem { () throws(TextProblem) in try ValueParser.publicKey(key) }
        #expect(
            said?.hasPrefix("public key is a point of low order: a secret agreed with it is known to everybody")
                == true,
            "\(said ?? "")")
    }

    @Test func `a network with host bits is refused, with both things it could mean`() {
        let said = problem { () throws(TextProblem) in try ValueParser.network("10.78.0.2/24") }
        #expect(said == "\"10.78.0.2/24\" has bits set beyond its length; expected 10.78.0.0/24 or 10.78.0.2/32")
    }

    @Test(arguments: ["10.78.0.0/24", "10.78.0.2", "fd00::/64", "fd00::2/128"])
    func `a network without host bits is taken`(_ text: String) {
        #expect(problem { () throws(TextProblem) in try ValueParser.network(text) } == nil)
    }

    @Test func `the network itself is no address of an interface, except where there is no other`() {
        let said = problem { () throws(TextProblem) in try ValueParser.interfaceAddress("10.78.0.0/24") }
        #expect(
            said == "\"10.78.0.0/24\" is the network itself; expected this host's address in it, such as 10.78.0.1/24")
        for text in ["10.78.0.1/24", "10.78.0.0/31", "10.78.0.0/32", "fd00::/64"] {
            #expect(problem { () throws(TextProblem) in try ValueParser.interfaceAddress(text) } == nil)
        }
    }

    @Test func `a key of the wrong length is not repeated in the message`() {
        let text = String(keyText(7).dropLast())
        let said = problem { () throws(TextProblem) in try ValueParser.publicKey(text) }
        #expect(
            said == "public key has 43 characters; expected 32 bytes as 44 characters of base64, "
                + "as `sealane key public` prints them")
    }

    @Test func `a key of the right length that is not base64 is told apart`() {
        let said = problem { () throws(TextProblem) in
            try ValueParser.publicKey(String(repeating: "!", count: 44))
        }
        #expect(said?.hasPrefix("public key is not base64 of 32 bytes; expected") == true)
    }

    @Test func `a key where its file should be named is not repeated`() throws {
        let said = problem { () throws(TextProblem) in try ValueParser.keyFilePath(keyText(7)) }
        #expect(
            said == "this is a key, not the path of one; expected the path of a file that holds a new key, "
                + "because others may have read this one")
        #expect(try ValueParser.keyFilePath("/etc/sealane/private.key") == "/etc/sealane/private.key")
    }

    @Test(arguments: [
        (FactName.instanceType, "c5n", "is not an instance type; expected family.size such as c5n.large"),
        (.instanceType, "C5N.large", "is not an instance type; expected family.size such as c5n.large"),
        (.account, "12345678901", "is not an account; expected 12 digits such as 123456789012"),
        (.vpc, "vpc 0a", "is not an instance vpc; expected 1 to 64 printable characters without spaces"),
        (.vpc, "", "is not an instance vpc; expected 1 to 64 printable characters without spaces"),
    ])
    func `a fact that cannot be one is refused`(_ name: FactName, _ text: String, _ expected: String) {
        let said = problem { () throws(TextProblem) in try ValueParser.fact(name, text) }
        #expect(said == "\"\(text)\" \(expected)")
    }

    @Test func `what is quoted stays on one line and ends somewhere`() {
        #expect(ValueParser.quoted("a\n\u{1b}[0m") == #""a\n\u{1B}[0m""#)
        #expect(ValueParser.quoted(String(repeating: "x", count: 200)).count == 83)
    }
}
