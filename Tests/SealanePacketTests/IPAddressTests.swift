import SealanePacket
import TestSupport
import Testing

@Suite("An IP address")
struct IPAddressTests {
    @Test(
        "parses from four decimal numbers",
        arguments: [
            ("0.0.0.0", 0), ("0.0.0.1", 1), ("10.0.0.1", 0x0A00_0001), ("127.0.0.1", 0x7F00_0001),
            ("192.0.2.255", 0xC000_02FF), ("255.255.255.255", 0xFFFF_FFFF), ("1.20.99.100", 0x0114_6364),
        ] as [(String, UInt32)])
    func readsIPv4(text: String, value: UInt32) throws {
        let read = try address(text)
        #expect(read.isIPv4)
        #expect(read.ipv4 == value)
        #expect(read == IPAddress(ipv4: value))
        #expect(read.bitCount == 32)
        #expect(read.description == text)
        #expect(read.bytes == [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) })
    }

    @Test(
        "does not parse from other texts that look like IPv4",
        arguments: [
            "", ".", "1", "1.2", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5",
            "256.1.1.1",
            "1.1.1.256", "1.1.1.999", "1.1.1.1000", "99999999999.1.1.1", "01.2.3.4", "1.2.3.04", "1.2.3.00", "00.0.0.0",
            "1.2.3.-4", "1.2.3.+4", "-1.2.3.4", "0x1.2.3.4", "1.2.3.a", "1.2.3.4 ", " 1.2.3.4", "1. 2.3.4", "1.2.3.4\n",
            "1.2.3.4\0", "1.2.3.4/32", "1.2.3.4:5", "1,2,3,4", "[1.2.3.4]", "１.2.3.4", "1.2.3.٤", "1.2.3.4\u{301}",
            "1e0.2.3.4", "3232235777", "localhost",
        ])
    func refusesIPv4(text: String) {
        #expect(IPAddress(text) == nil)
    }

    // RFC 4291 section 2.2 has the examples from ABCD on to ::13.1.68.3.
    @Test(
        "parses from every form of RFC 4291",
        arguments: [
            ("ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", 0xABCD_EF01_2345_6789, 0xABCD_EF01_2345_6789),
            ("2001:DB8:0:0:8:800:200C:417A", 0x2001_0DB8_0000_0000, 0x0008_0800_200C_417A),
            ("2001:DB8::8:800:200C:417A", 0x2001_0DB8_0000_0000, 0x0008_0800_200C_417A),
            ("FF01:0:0:0:0:0:0:101", 0xFF01_0000_0000_0000, 0x101), ("FF01::101", 0xFF01_0000_0000_0000, 0x101),
            ("0:0:0:0:0:0:0:1", 0, 1), ("::1", 0, 1), ("0:0:0:0:0:0:0:0", 0, 0), ("::", 0, 0),
            ("0:0:0:0:0:0:13.1.68.3", 0, 0x0D01_4403), ("::13.1.68.3", 0, 0x0D01_4403),
            ("1::", 0x0001_0000_0000_0000, 0), ("0000::0000", 0, 0),
            ("1:2:3:4:5:6:7::", 0x0001_0002_0003_0004, 0x0005_0006_0007_0000),
            ("::2:3:4:5:6:7:8", 0x0000_0002_0003_0004, 0x0005_0006_0007_0008),
            ("1:2:3::5:6:7:8", 0x0001_0002_0003_0000, 0x0005_0006_0007_0008),
            ("1::8", 0x0001_0000_0000_0000, 8), ("001:02::0aB", 0x0001_0002_0000_0000, 0xAB),
            ("64:ff9b::192.0.2.33", 0x0064_FF9B_0000_0000, 0xC000_0221),
            ("1:2:3:4:5:6:7.8.9.10", 0x0001_0002_0003_0004, 0x0005_0006_0708_090A),
            ("1:2:3:4:5::7.8.9.10", 0x0001_0002_0003_0004, 0x0005_0000_0708_090A),
            ("::2:3:4:5:6:7.8.9.10", 0x0000_0002_0003_0004, 0x0005_0006_0708_090A),
            ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .max, .max),
        ] as [(String, UInt64, UInt64)])
    func readsIPv6(text: String, high: UInt64, low: UInt64) throws {
        let read = try address(text)
        #expect(read.high == high)
        #expect(read.low == low)
        #expect(!read.isIPv4)
        #expect(read.ipv4 == nil)
        #expect(read.bitCount == 128)
    }

    @Test(
        "does not parse from other texts that look like IPv6",
        arguments: [
            ":", ":::", "::::", ":1", "1:", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:",
            ":1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1::2::3", "::1::", "1:::2", "1::2:", ":1::2", ":::1", "1:::", "::1:::",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "::00001", "g::", "::1g", "::-1",
            "::+1", "-::", "+1::", "0x1::", "::1%eth0", "::1%1", "fe80::1%", "::1/128", "[::1]", "[::]", "::1 ", " ::1",
            ":: 1", "::1\n", "::1\0", "::１", "::1\u{301}", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::1.2.3.04",
            "::1.2.3.", "::.1.2.3", "::1.2.3.4:5", "1.2.3.4::", "1.2.3.4::5", "::1.2.3.4:", "1:2:3:4:5:6:7:1.2.3.4",
            "1:2:3:4:5:1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "1:2:3:4::5:6:1.2.3.4", "::1.2.3.4::", "::a.2.3.4",
            "::1.2.3.a",
        ])
    func refusesIPv6(text: String) {
        #expect(IPAddress(text) == nil)
    }

    // The examples in 2001:db8 are those of RFC 5952 sections 1 to 4.
    @Test(
        "prints by RFC 5952",
        arguments: [
            ("2001:0db8::0001", "2001:db8::1"), ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"),
            ("2001:db8:0:0:0::1", "2001:db8::1"),
            ("2001:db8:aaaa:bbbb:cccc:dddd:0:1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"),
            ("0:0:0:0:0:0:0:0", "::"), ("0:0:0:0:0:0:0:1", "::1"), ("1:0:0:0:0:0:0:0", "1::"),
            ("0:1:0:0:0:0:0:0", "0:1::"), ("0:0:1:0:0:0:1:0", "0:0:1::1:0"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"),
            ("0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"),
            ("::ffff:c000:201", "192.0.2.1"), ("::FFFF:0:0", "0.0.0.0"),
        ])
    func prints(text: String, printed: String) throws {
        #expect(try address(text).description == printed)
    }

    /// RFC 5952 section 4, simple and slow: the first of the longest runs of at least two zero groups.
    private func printedSlowly(_ groups: [Int]) -> String {
        let texts = groups.map { String($0, radix: 16) }
        for length in stride(from: 8, through: 2, by: -1) {
            for start in 0...(8 - length) where groups[start..<start + length].allSatisfy({ $0 == 0 }) {
                let left = texts[..<start].joined(separator: ":")
                return left + "::" + texts[(start + length)...].joined(separator: ":")
            }
        }
        return texts.joined(separator: ":")
    }

    @Test("prints each of the 256 patterns of zero groups by RFC 5952")
    func printsZeroGroups() throws {
        for pattern in 0..<256 {
            let groups = (0..<8).map { pattern >> $0 & 1 == 0 ? 0 : 0xA0 + $0 }
            let full = groups.map { String($0, radix: 16) }.joined(separator: ":")
            #expect(try address(full).description == printedSlowly(groups))
        }
    }

    @Test("is restored from its text and from every other notation")
    func roundTrip() throws {
        var generator = SeededRandom(seed: 1)
        for _ in 0..<5_000 {
            let original = generator.address()
            #expect(IPAddress(original.description) == original)
            let bytes = sixteenBytes(original)
            let groups = (0..<8).map { Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1]) }
            if !original.isIPv4 { #expect(original.description == printedSlowly(groups)) }
            var texts = groups.map { group in
                let short = String(group, radix: 16, uppercase: Bool.random(using: &generator))
                let zeros = Int.random(in: 0...(4 - short.count), using: &generator)
                return String(repeating: "0", count: zeros) + short
            }
            if Bool.random(using: &generator) {
                texts[6...] = [bytes[12...].map { String($0) }.joined(separator: ".")]
            }
            #expect(IPAddress(texts.joined(separator: ":")) == original)
            for start in 0..<6 {
                for end in (start + 1)...6 where groups[start..<end].allSatisfy({ $0 == 0 }) {
                    let left = texts[..<start].joined(separator: ":")
                    let text = left + "::" + texts[end...].joined(separator: ":")
                    #expect(IPAddress(text) == original, "\(text)")
                }
            }
        }
    }

    @Test("parses texts of random pieces without trapping, and what it parses survives printing")
    func randomTexts() {
        let pieces = [":", ":", "::", ".", "0", "1", "ffff", "255", "a", "%", "-", "é", ""]
        var generator = SeededRandom(seed: 2)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...18, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let read = IPAddress(text) else { continue }
            #expect(IPAddress(read.description) == read, "\(text)")
        }
    }

    @Test(
        "that is IPv4-mapped equals the IPv4 address",
        arguments: ["::ffff:1.2.3.4", "::FFFF:102:304", "0:0:0:0:0:ffff:1.2.3.4", "0000::ffff:0102:0304"])
    func mapped(text: String) throws {
        let read = try address(text)
        #expect(read == IPAddress(ipv4: 0x0102_0304))
        #expect(read == IPAddress(high: 0, low: 0xFFFF_0102_0304))
        #expect(read.hashValue == IPAddress(ipv4: 0x0102_0304).hashValue)
        #expect(read.isIPv4)
        #expect(read.bytes == [1, 2, 3, 4])
        #expect(read.description == "1.2.3.4")
        #expect(IPAddress(bytes: Array(repeating: 0, count: 10) + [0xFF, 0xFF, 1, 2, 3, 4]) == read)
    }

    @Test(
        "that is almost IPv4-mapped is an IPv6 address",
        arguments: ["::1.2.3.4", "::fffe:1.2.3.4", "::ffff:0:1.2.3.4", "1::ffff:1.2.3.4", "::1:ffff:1.2.3.4"])
    func notMapped(text: String) throws {
        let read = try address(text)
        #expect(!read.isIPv4)
        #expect(read.bytes.count == 16)
        #expect(try read != address("1.2.3.4"))
    }

    @Test("is restored from its bytes, and from no other number of bytes")
    func bytes() {
        var generator = SeededRandom(seed: 3)
        for _ in 0..<1_000 {
            let original = generator.address()
            #expect(original.bytes.count * 8 == original.bitCount)
            #expect(IPAddress(bytes: original.bytes) == original)
            #expect(IPAddress(bytes: original.bytes[...]) == original)
        }
        #expect(IPAddress(bytes: UInt8(1)...16)?.description == "102:304:506:708:90a:b0c:d0e:f10")
        for count in 0...40 where count != 4 && count != 16 { #expect(IPAddress(bytes: filler(count)) == nil) }
    }

    @Test("is ordered by its 16 bytes, an IPv4 address by its mapped form")
    func ordering() throws {
        let ascending = try [
            "::", "::1", "::fffe:ffff:ffff", "0.0.0.0", "9.255.255.255", "10.0.0.0", "10.0.0.1", "128.0.0.0",
            "255.255.255.255", "::1:0:0:0", "0:0:0:1::", "1::", "7fff::", "8000::", "fd00::1", "fd00::8000:0:0:0",
            "ffff::",
        ].map { try address($0) }
        #expect(Array(ascending.reversed()).sorted() == ascending)
        var generator = SeededRandom(seed: 4)
        for _ in 0..<5_000 {
            let (left, right) = (generator.address(), generator.address())
            #expect((left < right) == sixteenBytes(left).lexicographicallyPrecedes(sixteenBytes(right)))
            #expect([left < right, left == right, left > right].filter { $0 }.count == 1)
        }
    }

    @Test("knows whether it is multicast, unspecified or the broadcast address")
    func kinds() throws {
        for text in ["224.0.0.0", "224.0.0.1", "239.255.255.255", "ff00::", "ff02::1", "ffff::"] {
            #expect(try address(text).isMulticast, "\(text)")
        }
        for text in ["223.255.255.255", "240.0.0.0", "255.255.255.255", "fe80::1", "feff::", "::", "::ff02:1"] {
            #expect(try !address(text).isMulticast, "\(text)")
        }
        for text in ["0.0.0.0", "::", "::ffff:0:0"] { #expect(try address(text).isUnspecified, "\(text)") }
        for text in ["0.0.0.1", "::1", "1::", "::fffe:0:0"] { #expect(try !address(text).isUnspecified, "\(text)") }
        #expect(try address("255.255.255.255").isLimitedBroadcast)
        for text in ["255.255.255.254", "::ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"] {
            #expect(try !address(text).isLimitedBroadcast, "\(text)")
        }
    }
}
