import SealanePacket
import TestSupport
import Testing

/// An IPv6 extension header of `units` times 8 bytes: RFC 8200 sections 4.3 to 4.6.
func extensionHeader(next: UInt8, units: Int = 1) -> [UInt8] { [next, UInt8(units - 1)] + filler(units * 8 - 2) }

/// RFC 8200 section 4.5; the offset counts 8 bytes.
func fragmentHeader(next: UInt8, offset: Int = 0, more: Bool = true) -> [UInt8] {
    [next, 0] + twoBytes(offset << 3 | (more ? 1 : 0)) + [9, 9, 9, 9]
}

/// RFC 4302 section 2.2: the length counts 4 bytes, less two of them.
func authenticationHeader(next: UInt8, words: Int = 6) -> [UInt8] {
    [next, UInt8(words - 2)] + filler(words * 4 - 2)
}

@Suite("A packet")
struct IPPacketTests {
    @Test("of IPv4 shows its fields")
    func ipv4() throws {
        let sample = SampleIPv4(
            source: "192.0.2.1", destination: "198.51.100.254", protocolNumber: 6, typeOfService: 0xB9,
            payload: filler(33))
        let bytes = try sample.bytes()
        try withPacket(bytes) { packet in
            #expect(packet.isIPv4)
            #expect(packet.bytes.count == 53)
            #expect(packet.bytes.elementsEqual(bytes))
            #expect(packet.source.description == "192.0.2.1")
            #expect(packet.destination.description == "198.51.100.254")
            #expect(packet.trafficClass == 0xB9)
            #expect(packet.mayNotBeFragmented)
            let transport = try #require(packet.transport)
            #expect(transport == (6, 20))
        }
    }

    @Test("of IPv4 has 0 to 40 bytes of options before the transport header")
    func ipv4Options() throws {
        for words in 0...10 {
            let sample = SampleIPv4(options: filler(words * 4), payload: [7])
            try withPacket(sample.bytes()) { packet in
                #expect(packet.transport?.protocolNumber == 17)
                #expect(packet.transport?.offset == 20 + words * 4)
                #expect(packet.source.description == "10.78.0.1")
                #expect(packet.destination.description == "10.78.0.2")
            }
        }
    }

    @Test(
        "of IPv4 may be fragmented unless its second flag is set, and has a transport header unless it is a later fragment",
        arguments: [
            (0x0000, false, true), (0x4000, true, true), (0x8000, false, true), (0x2000, false, true),
            (0x6000, true, true), (0x0001, false, false), (0x2001, false, false), (0x4001, true, false),
            (0x1FFF, false, false), (0x1000, false, false), (0x0100, false, false),
        ])
    func ipv4Fragments(fragment: Int, whole: Bool, hasTransport: Bool) throws {
        try withPacket(SampleIPv4(fragment: fragment).bytes()) { packet in
            #expect(packet.mayNotBeFragmented == whole)
            #expect((packet.transport != nil) == hasTransport)
        }
    }

    @Test("of IPv6 shows its fields")
    func ipv6() throws {
        let sample = SampleIPv6(
            source: "2001:db8:1:2:3:4:5:6", destination: "fe80::ffff:ffff:ffff:fffe", nextHeader: 6, trafficClass: 0xB9,
            flowLabel: 0xFFFFF, payload: filler(33))
        let bytes = try sample.bytes()
        try withPacket(bytes) { packet in
            #expect(!packet.isIPv4)
            #expect(packet.bytes.count == 73)
            #expect(packet.bytes.elementsEqual(bytes))
            #expect(packet.source.description == "2001:db8:1:2:3:4:5:6")
            #expect(packet.destination.description == "fe80::ffff:ffff:ffff:fffe")
            #expect(packet.trafficClass == 0xB9)
            #expect(packet.mayNotBeFragmented)
            let transport = try #require(packet.transport)
            #expect(transport == (6, 40))
        }
        for value in 0...255 {
            try withPacket(SampleIPv6(trafficClass: value).bytes()) { #expect(Int($0.trafficClass) == value) }
        }
    }

    @Test("of IPv6 has its transport header after its extension headers", arguments: [6, 17, 58] as [UInt8])
    func extensionHeaders(transport: UInt8) throws {
        let chains: [(first: UInt8, headers: [UInt8])] = [
            (0, extensionHeader(next: transport)), (43, extensionHeader(next: transport, units: 3)),
            (60, extensionHeader(next: transport, units: 256)), (44, fragmentHeader(next: transport)),
            (44, fragmentHeader(next: transport, more: false)), (51, authenticationHeader(next: transport)),
            (51, authenticationHeader(next: transport, words: 4)),
            (
                // The order that RFC 8200 section 4.1 recommends.
                0,
                extensionHeader(next: 60, units: 2) + extensionHeader(next: 43) + extensionHeader(next: 44, units: 5)
                    + fragmentHeader(next: 51) + authenticationHeader(next: 60, words: 8)
                    + extensionHeader(next: transport)
            ),
        ]
        for (first, headers) in chains {
            let sample = SampleIPv6(nextHeader: first, payload: headers + filler(8))
            try withPacket(sample.bytes()) { packet in
                #expect(packet.transport?.protocolNumber == transport, "\(first)")
                #expect(packet.transport?.offset == 40 + headers.count, "\(first)")
            }
            for count in headers.indices {
                let cut = SampleIPv6(nextHeader: first, payload: Array(headers.prefix(count)))
                try withPacket(cut.bytes()) { #expect($0.transport == nil, "\(first) cut to \(count)") }
            }
        }
    }

    @Test("of IPv6 has no transport header in a later fragment, after no next header or an unknown one")
    func noTransport() throws {
        let payloads: [(UInt8, [UInt8])] = [
            (44, fragmentHeader(next: 17, offset: 1) + filler(8)),
            (44, fragmentHeader(next: 17, offset: 8191, more: false)),
            (59, []), (59, filler(8)), (253, filler(8)), (0, extensionHeader(next: 59)),
        ]
        for (next, payload) in payloads {
            try withPacket(SampleIPv6(nextHeader: next, payload: payload).bytes()) { #expect($0.transport == nil) }
        }
    }

    @Test("of IPv6 with extension headers only ends the search for a transport header")
    func endlessHeaders() throws {
        let headers = (0..<8_000).flatMap { _ in extensionHeader(next: 60) }
        try withPacket(SampleIPv6(nextHeader: 60, payload: headers).bytes()) { #expect($0.transport == nil) }
    }

    @Test("has all its bytes and none after them")
    func wholeOnly() throws {
        let samples = try [
            SampleIPv4().bytes(), SampleIPv4(options: filler(40), payload: []).bytes(), SampleIPv4(payload: []).bytes(),
            SampleIPv6().bytes(), SampleIPv6(payload: []).bytes(),
            SampleIPv6(nextHeader: 44, payload: fragmentHeader(next: 6)).bytes(),
        ]
        for bytes in samples {
            #expect(isPacket(bytes))
            for count in bytes.indices { #expect(!isPacket(Array(bytes.prefix(count))), "\(count) of \(bytes.count)") }
            for padding in 1...40 { #expect(!isPacket(bytes + Array(repeating: 0, count: padding))) }
        }
    }

    @Test("may be as long as its length field allows")
    func longest() throws {
        #expect(isPacket(try SampleIPv4(payload: filler(65_515)).bytes()))
        #expect(isPacket(try SampleIPv6(payload: filler(65_535)).bytes()))
        // Longer ones, whose length fields wrap around.
        #expect(!isPacket(try SampleIPv4(payload: filler(65_516)).bytes()))
        #expect(!isPacket(try SampleIPv6(payload: filler(65_536)).bytes()))
    }

    @Test("has version 4 or 6")
    func versions() throws {
        for version in 0..<16 as Range<UInt8> where version != 4 && version != 6 {
            for var bytes in try [SampleIPv4(payload: filler(40)).bytes(), SampleIPv6(payload: filler(40)).bytes()] {
                bytes[0] = version << 4 | bytes[0] & 0xF
                #expect(!isPacket(bytes), "version \(version)")
            }
        }
        #expect(!isPacket([]))
        #expect(!isPacket([0x45]))
        #expect(!isPacket([0x60]))
    }

    @Test("of IPv4 has a header of at least five words that is no longer than the packet")
    func headerLength() throws {
        for payload in [0, 4, 40, 100] {
            let bytes = try SampleIPv4(payload: filler(payload)).bytes()
            for words in 0..<16 {
                var changed = bytes
                changed[0] = 0x40 | UInt8(words)
                #expect(isPacket(changed) == (words >= 5 && words * 4 <= bytes.count), "\(words) words, \(payload)")
            }
        }
    }

    @Test("has exactly the length of its bytes")
    func lengthField() throws {
        let (four, six) = try (SampleIPv4().bytes(), SampleIPv6().bytes())
        for value in 0...0xFFFF {
            var changed = four
            changed[2...3] = twoBytes(value)[...]
            if isPacket(changed) != (value == four.count) { Issue.record("IPv4 total length \(value)") }
            changed = six
            changed[4...5] = twoBytes(value)[...]
            if isPacket(changed) != (value == six.count - 40) { Issue.record("IPv6 payload length \(value)") }
        }
    }

    @Test(
        "of random bytes never traps, and the ICMP errors about it are packets that must not be answered",
        arguments: 0..<8)
    func randomBytes(seed: UInt64) throws {
        let errors: [ICMPError] = [
            .administrativelyProhibited, .hostUnreachable, .noRoute, .packetTooBig(mtu: 0), .packetTooBig(mtu: .max),
        ]
        var generator = SeededRandom(seed: seed)
        var valid = 0
        for _ in 0..<4_000 {
            var bytes = (0..<Int.random(in: 0...160, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
            if bytes.count >= 20, Int.random(in: 0..<8, using: &generator) > 0 {
                if Bool.random(using: &generator) {
                    bytes[0] = 0x45 + UInt8.random(in: 0...3, using: &generator)
                    bytes[2...3] = twoBytes(bytes.count)[...]
                    bytes[9] = [1, 6, 17].randomElement(using: &generator) ?? 1
                } else {
                    bytes[0] = 0x60
                    bytes[4...5] = twoBytes(max(bytes.count - 40, 0))[...]
                    // Next headers, and lengths that often stay inside the packet.
                    for at in bytes.indices where at == 6 || at >= 40 && at % 8 < 2 {
                        let headers: [UInt8] = [0, 43, 44, 51, 58, 60]
                        let isHeader = at == 6 || at % 8 == 0
                        bytes[at] = isHeader ? headers.randomElement(using: &generator) ?? 0 : bytes[at] & 3
                    }
                }
            }
            try withMemory(bytes) { memory in
                guard let packet = IPPacket(memory) else { return }
                valid += 1
                _ = (packet.trafficClass, packet.mayNotBeFragmented)
                #expect(packet.isIPv4 == (bytes[0] >> 4 == 4))
                let source = packet.isIPv4 ? bytes[12..<16] : bytes[8..<24]
                let destination = packet.isIPv4 ? bytes[16..<20] : bytes[24..<40]
                #expect(packet.source == IPAddress(bytes: source))
                #expect(packet.destination == IPAddress(bytes: destination))
                if let transport = packet.transport { #expect(transport.offset <= bytes.count) }
                let error = errors.randomElement(using: &generator) ?? .noRoute
                _ = error.mayAnswer(packet)
                try withPacket(error.answer(to: packet)) { #expect(!error.mayAnswer($0)) }
            }
        }
        #expect(valid > 1_000)
    }
}
