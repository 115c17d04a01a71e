import SealaneTunnel
import Testing

@Suite("Handshake messages") struct HandshakeMessageTests {
    private func filled(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &+ 17) } }

    /// Shortest of each type: no payload at all.
    private var shortest: [[UInt8]] {
        [
            [1, 0, 0, 0, 0xA1, 0xA2, 0xA3, 0xA4] + filled(96 + 32),
            [2, 0, 0, 0, 0xA1, 0xA2, 0xA3, 0xA4, 0xB1, 0xB2, 0xB3, 0xB4] + filled(48 + 32),
            [3, 0, 0, 0, 0xB1, 0xB2, 0xB3, 0xB4] + filled(24 + 32),
        ]
    }

    private func error(of datagram: [UInt8]) -> DropReason? {
        do throws(DropReason) {
            _ = try HandshakeMessage(parsing: datagram)
            return nil
        } catch {
            return error
        }
    }

    @Test("the fields are at the offsets of the protocol")
    func layout() throws {
        let datagrams = shortest
        guard case .initiation(let initiation) = try HandshakeMessage(parsing: datagrams[0]) else {
            Issue.record("no initiation")
            return
        }
        #expect(initiation.sender == SessionIndex(0xA1A2_A3A4))
        #expect(Array(initiation.noise) == filled(96))
        #expect(HandshakeMAC.mac1(of: initiation.datagram) == Array(filled(112)[96...]))
        #expect(
            HandshakeMessage.initiationHead(sender: initiation.sender, noise: filled(96)) == Array(datagrams[0][..<104])
        )

        guard case .response(let response) = try HandshakeMessage(parsing: datagrams[1]) else {
            Issue.record("no response")
            return
        }
        #expect(response.sender == SessionIndex(0xA1A2_A3A4))
        #expect(response.receiver == SessionIndex(0xB1B2_B3B4))
        #expect(Array(response.noise) == filled(48))
        let head = HandshakeMessage.responseHead(sender: response.sender, receiver: response.receiver)
        #expect(head == Array(datagrams[1][..<12]))

        guard case .cookieReply(let reply) = try HandshakeMessage(parsing: datagrams[2]) else {
            Issue.record("no cookie reply")
            return
        }
        #expect(reply.receiver == SessionIndex(0xB1B2_B3B4))
    }

    @Test(
        "a message cut at any length is truncated, and a message of more than 1400 bytes is too long", arguments: 0..<3)
    func lengths(type: Int) {
        let datagram = shortest[type]
        #expect(error(of: datagram) == nil)
        for length in datagram.indices { #expect(error(of: Array(datagram[..<length])) == .datagramTruncated) }
        let longest = datagram + [UInt8](repeating: 0, count: 1400 - datagram.count)
        // A cookie reply has one length only.
        #expect(error(of: longest) == (type == 2 ? .datagramOversized : nil))
        #expect(error(of: datagram + [0]) == (type == 2 ? .datagramOversized : nil))
        #expect(error(of: longest + [0]) == .datagramOversized)
    }

    @Test("another type is unknown, and a reserved bit means a later version", arguments: 0..<3)
    func typeAndVersion(at: Int) {
        var datagram = shortest[at]
        for bit in 0..<24 {
            var later = datagram
            later[1 + bit / 8] ^= 1 << (bit % 8)
            #expect(error(of: later) == .unsupportedVersion)
        }
        for type in [0, 4, 5, 127, 128, 255] as [UInt8] {
            datagram[0] = type
            #expect(error(of: datagram) == .unknownMessageType)
        }
    }

    @Test("an initiation with any flipped bit is dropped once and creates no session, and the original still works")
    func flippedInitiation() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first).bytes
        // mac2, the last 16 bytes, means nothing until there is a load.
        try flip(initiation, bits: (initiation.count - 16) * 8, at: pair.b, from: pair.a)
        #expect(pair.b.drops(.handshakeNotAuthentic) >= UInt64(initiation.count - 16 - 4) * 8)
        pair.b.receive(datagram: initiation, from: pair.a.endpoint)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
    }

    @Test("a response with any flipped bit is dropped once and creates no session, and the original still works")
    func flippedResponse() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.b.receive(datagram: try #require(pair.a.popOutbox().first).bytes, from: pair.a.endpoint)
        let response = try #require(pair.b.popOutbox().first).bytes
        try flip(response, bits: (response.count - 16) * 8, at: pair.a, from: pair.b)
        #expect(pair.a.status?.session == nil)
        pair.a.receive(datagram: response, from: pair.b.endpoint)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
    }

    private func flip(_ datagram: [UInt8], bits: Int, at host: SimulatedHost, from other: SimulatedHost) throws {
        func drops() -> UInt64 { DropReason.allCases.reduce(0) { $0 + host.drops($1) } }
        for bit in 0..<bits {
            var flipped = datagram
            flipped[bit / 8] ^= 1 << (bit % 8)
            let before = drops()
            host.receive(datagram: flipped, from: other.endpoint)
            #expect(drops() == before + 1, "bit \(bit)")
        }
        #expect(host.popOutbox().isEmpty)
        #expect(host.status?.sessionCount == 0)
    }
}
