import SealaneLinux
import TestSupport
import Testing

@Suite struct SocketAddressTests {
    @Test(arguments: ["10.0.0.1", "0.0.0.0", "255.255.255.255", "::", "fd00::1", "2001:db8:1:2:3:4:5:6"])
    func `an address survives conversion to the kernel's form and back`(text: String) throws {
        let before = try address(text, 7325)
        var memory = [UInt8](repeating: 0xff, count: SocketAddress.ipv6ByteCount)
        for forIPv6Socket in [before.isIPv4 ? false : true, true] {
            let after = try memory.withUnsafeMutableBytes { bytes in
                let base = try #require(bytes.baseAddress)
                let length = before.store(to: base, forIPv6Socket: forIPv6Socket)
                #expect(length == (forIPv6Socket ? 28 : 16))
                return SocketAddress(sockaddr: base)
            }
            #expect(after == before)
            #expect(after.addressText == text)
        }
    }

    @Test func `an IPv4 sockaddr has the documented bytes`() throws {
        var memory = [UInt8](repeating: 0xff, count: 28)
        let before = try address("10.1.2.3", 0x1c9d)
        try memory.withUnsafeMutableBytes {
            _ = before.store(to: try #require($0.baseAddress), forIPv6Socket: false)
        }
        #expect(Array(memory[..<16]) == [2, 0, 0x1c, 0x9d, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func `an IPv4-mapped IPv6 address equals the IPv4 address`() throws {
        let mapped = try address("::ffff:10.0.0.1", 5)
        #expect(mapped.isIPv4)
        #expect(try mapped == address("10.0.0.1", 5))
        #expect(mapped == SocketAddress(ipv4: 0x0a00_0001, port: 5))
        #expect(mapped.description == "10.0.0.1:5")
    }

    @Test func `the text has brackets and scope for IPv6`() throws {
        #expect(try address("fd00::1", 7325).description == "[fd00::1]:7325")
        #expect(SocketAddress("fe80::1", port: 1, scope: 2)?.description == "[fe80::1%2]:1")
    }

    @Test(arguments: ["", "10.0.0", "10.0.0.256", "10.0.0.1:5", "fd00::g", "host", "01.2.3.4"])
    func `invalid addresses are refused`(text: String) {
        #expect(SocketAddress(text, port: 1) == nil)
    }

    @Test func `another family reads as the wildcard address`() throws {
        let unix = [UInt8](repeating: 1, count: 28)
        try unix.withUnsafeBytes {
            let base = try #require($0.baseAddress)
            #expect(SocketAddress(sockaddr: base) == SocketAddress(high: 0, low: 0, port: 0))
        }
    }
}
