import SealaneDataplane
import SealaneLinux
import SealanePacket
import Testing

@Suite struct EndpointAddressTests {
    @Test(arguments: [
        "0.0.0.0:0", "10.0.0.1:7325", "255.255.255.255:65535", "[::]:1", "[::1]:7325", "[fd00::1]:65535",
        "[2001:db8:1:2:3:4:5:6]:443", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:9",
    ])
    func `an endpoint and the kernel's address are one another's`(text: String) throws {
        let endpoint = try #require(Endpoint(text))
        let address = SocketAddress(endpoint)
        #expect(address.description == text)
        #expect(address.isIPv4 == endpoint.address.isIPv4)
        #expect(address.port == endpoint.port)
        #expect(address.scope == 0)
        #expect(Endpoint(address) == endpoint)
    }

    @Test(arguments: ["10.0.0.1", "fd00::1", "::1"])
    func `what the kernel reads and writes is the endpoint of the same text`(text: String) throws {
        let address = try #require(SocketAddress(text, port: 7325))
        let endpoint = Endpoint(address)
        #expect(endpoint.address == IPAddress(text))
        #expect(endpoint.port == 7325)
        #expect(SocketAddress(endpoint) == address)
    }

    @Test func `an IPv4 address that an IPv6 socket shows is the IPv4 endpoint`() throws {
        let mapped = try #require(SocketAddress("::ffff:10.0.0.1", port: 1))
        #expect(Endpoint(mapped) == Endpoint("10.0.0.1:1"))
    }
}
