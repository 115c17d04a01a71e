import SealanePacket
import TestSupport
import Testing

@Suite("An endpoint")
struct EndpointTests {
    @Test(
        "parses from an address and a port, IPv6 in brackets, and prints the same",
        arguments: [
            ("10.0.0.1:7325", "10.0.0.1", 7325), ("0.0.0.0:0", "0.0.0.0", 0),
            ("255.255.255.255:65535", "255.255.255.255", 65535), ("[fd00::1]:7325", "fd00::1", 7325),
            ("[::]:1", "::", 1), ("[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2:3:4:5:6", 443),
        ] as [(String, String, UInt16)])
    func reads(text: String, host: String, port: UInt16) throws {
        let endpoint = try #require(Endpoint(text))
        #expect(try endpoint.address == address(host))
        #expect(endpoint.port == port)
        #expect(endpoint == Endpoint(address: endpoint.address, port: port))
        #expect(endpoint.description == text)
    }

    @Test("with an IPv4-mapped address equals the one with the IPv4 address")
    func mapped() throws {
        let endpoint = try #require(Endpoint("[::ffff:10.0.0.1]:7325"))
        #expect(endpoint == Endpoint("10.0.0.1:7325"))
        #expect(endpoint.description == "10.0.0.1:7325")
    }

    @Test(
        "parses from nothing else",
        arguments: [
            "", ":", "10.0.0.1", "10.0.0.1:", ":7325", "10.0.0.1:65536", "10.0.0.1:99999999999999999999", "10.0.0.1:-1",
            "10.0.0.1:+1", "10.0.0.1:01", "10.0.0.1:00", "10.0.0.1: 1", "10.0.0.1:1 ", " 10.0.0.1:1", "10.0.0.1 :1",
            "10.0.0.1:1\n", "10.0.0.1:0x1", "10.0.0.1:１", "10.0.0.1:1:2", "10.0.0:1", "10.0.0.1:1\u{301}",
            "[10.0.0.1]:7325", "fd00::1:7325", "fd00::1", "::", "[fd00::1]", "[fd00::1]:", "[fd00::1]7325",
            "[fd00::1:7325", "fd00::1]:7325", "[[fd00::1]]:7325", "[fd00::1]]:1", "[]:7325", "[:7325", "]:7325",
            "[fd00::1%eth0]:7325", "[fd00::1] :7325", "[ fd00::1]:7325", "localhost:7325", "1.2.3.4/32:1",
            "[::1/128]:1",
        ])
    func refuses(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test("is restored from its text")
    func roundTrip() {
        var generator = SeededRandom(seed: 5)
        for _ in 0..<2_000 {
            let port = UInt16.random(in: 0 ... .max, using: &generator)
            let endpoint = Endpoint(address: generator.address(), port: port)
            #expect(Endpoint(endpoint.description) == endpoint)
        }
    }
}
