import SealanePacket
import Testing

private func answer(_ error: ICMPError, to bytes: [UInt8]) throws -> [UInt8] {
    try withPacket(bytes) { error.answer(to: $0) }
}

@Suite("The ICMP answer to an IPv4 packet")
struct ICMPAnswerTests {
    // RFC 792 and RFC 1812 section 5.2.7.1; the MTU in the low half, RFC 1191 section 4.
    @Test(
        "has the type, code and rest of the header of its kind",
        arguments: [
            (.administrativelyProhibited, [3, 13], [0, 0, 0, 0]), (.hostUnreachable, [3, 1], [0, 0, 0, 0]),
            (.noRoute, [3, 0], [0, 0, 0, 0]), (.packetTooBig(mtu: 1420), [3, 4], [0, 0, 0x05, 0x8C]),
            (.packetTooBig(mtu: 68), [3, 4], [0, 0, 0, 68]), (.packetTooBig(mtu: 65_535), [3, 4], [0, 0, 0xFF, 0xFF]),
            (.packetTooBig(mtu: 65_536), [3, 4], [0, 0, 0xFF, 0xFF]),
            (.packetTooBig(mtu: .max), [3, 4], [0, 0, 0xFF, 0xFF]),
        ] as [(ICMPError, [UInt8], [UInt8])])
    func fields(error: ICMPError, kind: [UInt8], rest: [UInt8]) throws {
        let original = try SampleIPv4(source: "10.78.0.1", destination: "198.51.100.7").bytes()
        let answer = try answer(error, to: original)
        try #require(answer.count == 28 + original.count)
        // Version 4, five words; precedence 6 (RFC 1812 section 4.3.2.5); total length.
        #expect(answer[0..<4] == ([0x45, 0xC0] + twoBytes(answer.count))[...])
        // No more fragments, offset 0.
        #expect(answer[6] & 0x3F == 0 && answer[7] == 0)
        // TTL 64, the default of RFC 1700; protocol 1.
        #expect(answer[8..<10] == [64, 1])
        #expect(slowSum(Array(answer[..<20])) == 0xFFFF)
        #expect(answer[12..<16] == [198, 51, 100, 7])
        #expect(answer[16..<20] == [10, 78, 0, 1])
        #expect(answer[20..<22] == kind[...])
        #expect(answer[24..<28] == rest[...])
        #expect(Array(answer[28...]) == original)
        #expect(slowSum(Array(answer[20...])) == 0xFFFF)
    }

    @Test(
        "quotes the packet from its start, up to 576 bytes in total",
        arguments: [0, 1, 7, 8, 527, 528, 529, 1_000, 1_480, 65_515])
    func quote(payload: Int) throws {
        for options in [0, 40] where payload + options <= 65_515 {
            let original = try SampleIPv4(options: filler(options), payload: filler(payload)).bytes()
            let answer = try answer(.hostUnreachable, to: original)
            #expect(answer.count == min(28 + original.count, 576))
            #expect(answer[28...] == original.prefix(548))
            #expect(answer[2..<4] == twoBytes(answer.count)[...])
            #expect(slowSum(Array(answer[..<20])) == 0xFFFF)
            #expect(slowSum(Array(answer[20...])) == 0xFFFF)
        }
    }

    @Test("is a packet between the same two hosts that must not be answered")
    func isPacket() throws {
        let original = try SampleIPv4().bytes()
        for error in [.administrativelyProhibited, .hostUnreachable, .noRoute, .packetTooBig(mtu: 1)] as [ICMPError] {
            try withPacket(answer(error, to: original)) { packet in
                #expect(packet.isIPv4)
                #expect(packet.source.description == "10.78.0.2")
                #expect(packet.destination.description == "10.78.0.1")
                #expect(!error.mayAnswer(packet))
            }
        }
    }
}

@Suite("The ICMPv6 answer to an IPv6 packet")
struct ICMPv6AnswerTests {
    /// The pseudo-header of RFC 8200 section 8.1 for an ICMPv6 packet without extension headers.
    private func pseudoHeader(of packet: [UInt8]) -> [UInt8] {
        let count = packet.count - 40
        return packet[8..<40] + [0, UInt8(count >> 16)] + twoBytes(count) + [0, 0, 0, 58]
    }

    // RFC 4443 sections 3.1 and 3.2.
    @Test(
        "has the type, code and rest of the header of its kind",
        arguments: [
            (.administrativelyProhibited, [1, 1], [0, 0, 0, 0]), (.hostUnreachable, [1, 3], [0, 0, 0, 0]),
            (.noRoute, [1, 0], [0, 0, 0, 0]), (.packetTooBig(mtu: 1420), [2, 0], [0, 0, 0x05, 0x8C]),
            (.packetTooBig(mtu: 1280), [2, 0], [0, 0, 5, 0]), (.packetTooBig(mtu: 65_536), [2, 0], [0, 1, 0, 0]),
            (.packetTooBig(mtu: .max), [2, 0], [0xFF, 0xFF, 0xFF, 0xFF]),
        ] as [(ICMPError, [UInt8], [UInt8])])
    func fields(error: ICMPError, kind: [UInt8], rest: [UInt8]) throws {
        let original = try SampleIPv6(source: "fd00:78::1", destination: "2001:db8::7").bytes()
        let answer = try answer(error, to: original)
        try #require(answer.count == 48 + original.count)
        #expect(answer[0..<4] == [0x60, 0, 0, 0])
        #expect(answer[4..<6] == twoBytes(8 + original.count)[...])
        // ICMPv6, hop limit 64.
        #expect(answer[6..<8] == [58, 64])
        #expect(try Array(answer[8..<24]) == address("2001:db8::7").bytes)
        #expect(try Array(answer[24..<40]) == address("fd00:78::1").bytes)
        #expect(answer[40..<42] == kind[...])
        #expect(answer[44..<48] == rest[...])
        #expect(Array(answer[48...]) == original)
        #expect(slowSum(pseudoHeader(of: answer) + answer[40...]) == 0xFFFF)
    }

    @Test(
        "quotes the packet from its start, up to 1280 bytes in total",
        arguments: [0, 1, 7, 8, 1_191, 1_192, 1_193, 1_460, 65_535])
    func quote(payload: Int) throws {
        let original = try SampleIPv6(payload: filler(payload)).bytes()
        let answer = try answer(.packetTooBig(mtu: 1280), to: original)
        #expect(answer.count == min(48 + original.count, 1280))
        #expect(answer[48...] == original.prefix(1232))
        #expect(answer[4..<6] == twoBytes(answer.count - 40)[...])
        #expect(slowSum(pseudoHeader(of: answer) + answer[40...]) == 0xFFFF)
    }

    @Test("is a packet between the same two nodes that must not be answered")
    func isPacket() throws {
        let original = try SampleIPv6().bytes()
        for error in [.administrativelyProhibited, .hostUnreachable, .noRoute, .packetTooBig(mtu: 1)] as [ICMPError] {
            try withPacket(answer(error, to: original)) { packet in
                #expect(!packet.isIPv4)
                #expect(packet.source.description == "fd00:78::2")
                #expect(packet.destination.description == "fd00:78::1")
                #expect(!error.mayAnswer(packet))
            }
        }
    }

    @Test(
        "has 16-byte addresses even if they are IPv4-mapped",
        arguments: [
            ("::ffff:10.0.0.1", "fd00::2"), ("fd00::1", "::ffff:10.0.0.2"), ("::ffff:10.0.0.1", "::ffff:10.0.0.2"),
        ])
    func mapped(source: String, destination: String) throws {
        let original = try SampleIPv6(source: source, destination: destination).bytes()
        let answer = try answer(.noRoute, to: original)
        try #require(answer.count == 48 + original.count)
        #expect(answer[8..<24] == original[24..<40])
        #expect(answer[24..<40] == original[8..<24])
        #expect(slowSum(pseudoHeader(of: answer) + answer[40...]) == 0xFFFF)
    }
}
