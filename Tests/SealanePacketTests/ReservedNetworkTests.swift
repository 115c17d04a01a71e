import SealanePacket
import Testing

@Suite("A reserved network")
struct ReservedNetworkTests {
    @Test(
        "contains the addresses that no host has on an overlay, up to its edges",
        arguments: [
            "0.0.0.0", "0.1.2.3", "0.255.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254",
            "169.254.255.255", "224.0.0.1", "239.255.255.255", "255.255.255.255", "::", "::1", "::10.0.0.1",
            "::ffff:0:10.0.0.1", "fe80::1", "febf:ffff::1", "ff00::", "ff02::1", "ffff::ffff", "fd00:ec2::254",
        ])
    func reserved(text: String) throws {
        let address = try #require(IPAddress(text))
        let network = try #require(address.reservedNetwork)
        #expect(network.prefix.contains(address))
        #expect(!network.use.isEmpty)
        #expect(IPPrefix(address: address, length: address.bitCount)?.reservedNetwork == network)
    }

    @Test(
        "contains no others",
        arguments: [
            "1.0.0.0", "10.78.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0", "172.16.0.1",
            "192.168.0.1", "223.255.255.255", "240.0.0.1", "255.255.255.254", "64:ff9b::a00:1", "0:0:0:1::", "fe7f::1",
            "fec0::1", "fd78::1", "fd00::1", "fd00:ec1::254", "fd00:ec3::254", "2001:db8::1", "feff::1",
        ])
    func others(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.reservedNetwork == nil)
    }

    @Test("is found for prefixes inside it and around it")
    func prefixes() throws {
        for (text, expected) in [
            ("127.0.0.0/8", "127.0.0.0/8"), ("127.1.0.0/16", "127.0.0.0/8"), ("126.0.0.0/7", "127.0.0.0/8"),
            ("160.0.0.0/4", "169.254.0.0/16"), ("240.0.0.0/4", "255.255.255.255/32"), ("fe80::/64", "fe80::/10"),
            ("fc00::/7", "fd00:ec2::/32"), ("::/8", "::/64"), ("10.0.0.0/8", nil), ("fd00:1::/32", nil),
            ("2000::/3", nil),
        ] {
            #expect(try #require(IPPrefix(text)).reservedNetwork?.prefix.description == expected, "\(text)")
        }
        #expect(ReservedNetwork.all.count == 9)
    }
}
