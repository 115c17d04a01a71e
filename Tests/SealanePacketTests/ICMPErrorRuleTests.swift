import SealanePacket
import Testing

private let kinds: [ICMPError] = [
    .administrativelyProhibited, .hostUnreachable, .noRoute, .packetTooBig(mtu: 1420),
]

/// Nil if the kinds of error differ.
private func mayAnswer(_ bytes: [UInt8]) throws -> Bool? {
    let answers = try withPacket(bytes) { packet in Set(kinds.map { $0.mayAnswer(packet) }) }
    return answers.count == 1 ? answers.first : nil
}

private func icmp(_ type: UInt8) -> [UInt8] { [type, 0, 0, 0] + filler(32) }

@Suite("An ICMP error about an IPv4 packet, by RFC 1122 section 3.2.2,")
struct ICMPErrorIPv4RuleTests {
    @Test("may answer any protocol between two hosts", arguments: [6, 17, 47, 50, 132] as [UInt8])
    func protocols(number: UInt8) throws {
        #expect(try mayAnswer(SampleIPv4(protocolNumber: number).bytes()) == true)
        #expect(try mayAnswer(SampleIPv4(protocolNumber: number, payload: []).bytes()) == true)
    }

    // RFC 792: echo, echo reply, timestamp, timestamp reply.
    @Test("may answer ICMP queries and their replies", arguments: [8, 0, 13, 14] as [UInt8])
    func queries(type: UInt8) throws {
        #expect(try mayAnswer(SampleIPv4(protocolNumber: 1, payload: icmp(type)).bytes()) == true)
        let withOptions = SampleIPv4(protocolNumber: 1, options: filler(8), payload: icmp(type))
        #expect(try mayAnswer(withOptions.bytes()) == true)
    }

    // RFC 792: destination unreachable, source quench, redirect, time exceeded, parameter problem.
    @Test("answers no ICMP error, also behind options", arguments: [3, 4, 5, 11, 12] as [UInt8])
    func errors(type: UInt8) throws {
        for words in 0...10 {
            // Options that look like an echo request, to detect a wrong offset.
            let options = Array(repeating: UInt8(8), count: words * 4)
            let sample = SampleIPv4(protocolNumber: 1, options: options, payload: icmp(type))
            #expect(try mayAnswer(sample.bytes()) == false)
        }
        #expect(try mayAnswer(SampleIPv4(protocolNumber: 1, payload: [type]).bytes()) == false)
        // The first fragment of an error is an error.
        let fragment = SampleIPv4(protocolNumber: 1, fragment: 0x2000, payload: icmp(type))
        #expect(try mayAnswer(fragment.bytes()) == false)
    }

    @Test("does not answer ICMP with a truncated type, as it may be an error")
    func cutOff() throws {
        #expect(try mayAnswer(SampleIPv4(protocolNumber: 1, payload: []).bytes()) == false)
    }

    @Test("answers the first fragment only", arguments: [1, 6, 17] as [UInt8])
    func fragments(number: UInt8) throws {
        let first = SampleIPv4(protocolNumber: number, fragment: 0x2000, payload: icmp(8))
        #expect(try mayAnswer(first.bytes()) == true)
        for fragment in [0x0001, 0x2001, 0x0100, 0x1FFF, 0x3FFF] {
            let later = SampleIPv4(protocolNumber: number, fragment: fragment, payload: icmp(8))
            #expect(try mayAnswer(later.bytes()) == false, "\(fragment)")
        }
    }

    @Test(
        "does not answer packets to a multicast or broadcast address",
        arguments: ["224.0.0.0", "224.0.0.251", "239.255.255.255", "255.255.255.255"])
    func destinations(text: String) throws {
        #expect(try mayAnswer(SampleIPv4(destination: text).bytes()) == false)
        #expect(try mayAnswer(SampleIPv4(destination: text, protocolNumber: 1, payload: icmp(8)).bytes()) == false)
    }

    // The zero network is also in RFC 1812 section 4.3.2.7.
    @Test(
        "does not answer a source that is not a single host: zero, loopback, multicast, class E, broadcast",
        arguments: [
            "0.0.0.0", "0.0.0.1", "0.255.255.255", "127.0.0.1", "127.255.255.254", "224.0.0.1", "239.255.255.255",
            "240.0.0.1", "254.1.2.3", "255.255.255.254", "255.255.255.255",
        ])
    func badSources(text: String) throws {
        #expect(try mayAnswer(SampleIPv4(source: text).bytes()) == false)
    }

    @Test(
        "may answer the hosts adjacent to those",
        arguments: ["1.0.0.0", "126.255.255.255", "128.0.0.1", "223.255.255.254", "169.254.1.1", "10.0.0.1"])
    func goodSources(text: String) throws {
        #expect(try mayAnswer(SampleIPv4(source: text).bytes()) == true)
    }
}

@Suite("An ICMPv6 error about an IPv6 packet, by RFC 4443 section 2.4(e),")
struct ICMPErrorIPv6RuleTests {
    @Test("may answer any protocol between two nodes", arguments: [6, 17, 47, 50, 59, 132, 253] as [UInt8])
    func protocols(number: UInt8) throws {
        #expect(try mayAnswer(SampleIPv6(nextHeader: number).bytes()) == true)
        #expect(try mayAnswer(SampleIPv6(nextHeader: number, payload: []).bytes()) == true)
    }

    @Test("may answer informational messages, but no error of any type and no redirect")
    func types() throws {
        for type in 0...255 as ClosedRange<UInt8> {
            let answers = try mayAnswer(SampleIPv6(nextHeader: 58, payload: icmp(type)).bytes())
            // RFC 4443 section 2.1: errors have the high bit clear. RFC 4861 section 4.5: redirect is type 137.
            #expect(answers == (type >= 128 && type != 137), "type \(type)")
        }
    }

    @Test("answers no error behind extension headers", arguments: [1, 2, 3, 4, 137] as [UInt8])
    func behindHeaders(type: UInt8) throws {
        let chains: [(UInt8, [UInt8])] = [
            (0, extensionHeader(next: 58)), (43, extensionHeader(next: 58, units: 3)),
            (60, extensionHeader(next: 58, units: 32)), (44, fragmentHeader(next: 58)),
            (44, fragmentHeader(next: 58, more: false)), (51, authenticationHeader(next: 58)),
            (0, extensionHeader(next: 43) + extensionHeader(next: 51) + authenticationHeader(next: 58, words: 4)),
        ]
        for (first, headers) in chains {
            let error = SampleIPv6(nextHeader: first, payload: headers + icmp(type))
            #expect(try mayAnswer(error.bytes()) == false, "\(first)")
            let echo = SampleIPv6(nextHeader: first, payload: headers + icmp(128))
            #expect(try mayAnswer(echo.bytes()) == true, "\(first)")
        }
    }

    @Test("does not answer ICMPv6 with a truncated type, as it may be an error")
    func cutOff() throws {
        #expect(try mayAnswer(SampleIPv6(nextHeader: 58, payload: []).bytes()) == false)
        #expect(try mayAnswer(SampleIPv6(nextHeader: 0, payload: extensionHeader(next: 58)).bytes()) == false)
    }

    @Test("may answer every fragment: only IPv4 forbids that")
    func fragments() throws {
        for offset in [0, 1, 8191] {
            let payload = fragmentHeader(next: 17, offset: offset) + filler(16)
            #expect(try mayAnswer(SampleIPv6(nextHeader: 44, payload: payload).bytes()) == true)
        }
    }

    @Test(
        "does not answer packets to a multicast or the unspecified address",
        arguments: ["ff00::", "ff02::1", "ffff::1", "::"])
    func destinations(text: String) throws {
        #expect(try mayAnswer(SampleIPv6(destination: text).bytes()) == false)
        #expect(try mayAnswer(SampleIPv6(destination: text, nextHeader: 58, payload: icmp(128)).bytes()) == false)
    }

    // RFC 4291 section 2.5.3: no packet outside of a node has the loopback address as its source.
    @Test(
        "does not answer a source that is not a single node: unspecified, loopback, multicast",
        arguments: ["::", "::1", "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"])
    func badSources(text: String) throws {
        #expect(try mayAnswer(SampleIPv6(source: text).bytes()) == false)
    }

    @Test(
        "may answer the nodes adjacent to those",
        arguments: ["::2", "1::", "fe80::1", "feff::1", "fd00::1", "2001:db8::1"])
    func goodSources(text: String) throws {
        #expect(try mayAnswer(SampleIPv6(source: text).bytes()) == true)
    }
}
