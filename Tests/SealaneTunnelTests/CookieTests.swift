import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// A message that is good up to its mac1, and no further: what a flood is made of.
func hollowInitiation(for responder: PublicKey, sender: UInt32 = 7, cookie: [UInt8]? = nil) -> [UInt8] {
    var datagram = HandshakeMessage.initiationHead(
        sender: SessionIndex(sender), noise: [UInt8](repeating: 0, count: NoiseIKpsk2.initiationOverhead))
    HandshakeMAC.append(to: &datagram, receiver: responder, cookie: cookie)
    return datagram
}

func initiation(parsing datagram: [UInt8]) throws -> HandshakeMessage.Initiation {
    guard case .initiation(let initiation) = try HandshakeMessage(parsing: datagram) else {
        throw DropReason.unknownMessageType
    }
    return initiation
}

func cookieReply(parsing datagram: [UInt8]) throws -> HandshakeMessage.CookieReply {
    guard case .cookieReply(let reply) = try HandshakeMessage(parsing: datagram) else {
        throw DropReason.unknownMessageType
    }
    return reply
}

@Suite("Handshake MACs and cookies") struct CookieTests {
    private let responder: PublicKey
    private let stranger: PublicKey
    private let source: Endpoint
    private let start = MonotonicTime(nanoseconds: 1_000_000_000)
    private var random = SeededRandom(seed: 11)

    init() throws {
        responder = try #require(PublicKey(bytes: (0..<32).map { UInt8($0 + 1) }))
        stranger = try #require(PublicKey(bytes: (0..<32).map { UInt8($0 + 2) }))
        source = try #require(Endpoint("10.77.0.1:7325"))
    }

    @Test("the test's own BLAKE2b has the digest of RFC 7693 appendix A")
    func referenceIsRight() throws {
        let expected = try bytes(
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                + "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")
        #expect(PlainBlake2b.hash(Array("abc".utf8)) == expected)
    }

    @Test("mac1 is BLAKE2b-128 of all before it, under BLAKE2b-256 of \"sealane mac1\" and the receiver's key")
    func mac1() {
        for length in [0, 1, 104, 127, 128, 129, 400] {
            let message = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            var datagram = message
            HandshakeMAC.append(to: &datagram, receiver: responder, cookie: nil)
            let key = PlainBlake2b.hash(Array("sealane mac1".utf8) + responder.bytes, byteCount: 32)
            let mac1 = PlainBlake2b.hash(message, key: key, byteCount: 16)
            #expect(datagram == message + mac1 + [UInt8](repeating: 0, count: 16))
            #expect(HandshakeMAC.mac1(of: datagram) == mac1)
            #expect(HandshakeMAC.hasValidMAC1(datagram, receiver: responder))
            #expect(!HandshakeMAC.hasValidMAC1(datagram, receiver: stranger))
        }
    }

    @Test("mac2 is BLAKE2b-128 of all before it, mac1 too, under the cookie")
    func mac2() {
        let cookie = [UInt8](repeating: 0xC0, count: 16)
        let datagram = hollowInitiation(for: responder, cookie: cookie)
        #expect(
            Array(datagram.suffix(16)) == PlainBlake2b.hash(Array(datagram.dropLast(16)), key: cookie, byteCount: 16))
        #expect(HandshakeMAC.hasValidMAC2(datagram, cookie: cookie))
        #expect(!HandshakeMAC.hasValidMAC2(datagram, cookie: [UInt8](repeating: 0xC1, count: 16)))
        #expect(!HandshakeMAC.hasValidMAC2(hollowInitiation(for: responder), cookie: cookie))
    }

    @Test("every flipped bit invalidates the MACs that cover it, and a datagram too short for MACs has no valid one")
    func altered() {
        let cookie = [UInt8](repeating: 0xC0, count: 16)
        let datagram = hollowInitiation(for: responder, cookie: cookie)
        for bit in 0..<datagram.count * 8 {
            var flipped = datagram
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(!HandshakeMAC.hasValidMAC2(flipped, cookie: cookie))
            #expect(HandshakeMAC.hasValidMAC1(flipped, receiver: responder) == (bit / 8 >= datagram.count - 16))
        }
        for length in 0..<32 {
            #expect(!HandshakeMAC.hasValidMAC1(Array(datagram.prefix(length)), receiver: responder))
            #expect(!HandshakeMAC.hasValidMAC2(Array(datagram.prefix(length)), cookie: cookie))
        }
    }

    @Test("a cookie is bound to address and port and is valid for two minutes")
    mutating func cookieOfSource() throws {
        var secret = CookieSecret(publicKey: responder)
        secret.rotate(at: start, using: &random)
        let cookie = secret.cookie(for: source)
        #expect(cookie.count == 16)
        let others = try ["10.77.0.1:7326", "10.77.0.2:7325", "[fd00::1]:7325"].map { try #require(Endpoint($0)) }
        let cookies = [cookie] + others.map { secret.cookie(for: $0) }
        #expect(Set(cookies).count == 4)
        secret.rotate(at: start + .milliseconds(119_999), using: &random)
        #expect(secret.cookie(for: source) == cookie)
        secret.rotate(at: start + .seconds(120), using: &random)
        #expect(secret.cookie(for: source) != cookie)

        var another = CookieSecret(publicKey: responder)
        another.rotate(at: start, using: &random)
        #expect(another.cookie(for: source) != cookie)
    }

    @Test("only the sender of the initiation can open a cookie reply")
    mutating func replyOpensForTheAsker() throws {
        var secret = CookieSecret(publicKey: responder)
        secret.rotate(at: start, using: &random)
        let asked = hollowInitiation(for: responder, sender: 0x0102_0304)
        let datagram = secret.reply(to: try initiation(parsing: asked), from: source, using: &random)
        #expect(datagram.count == 64)
        #expect(Array(datagram[..<8]) == [3, 0, 0, 0, 1, 2, 3, 4])
        let reply = try cookieReply(parsing: datagram)
        #expect(reply.receiver == SessionIndex(0x0102_0304))

        var holder = CookieHolder()
        let mac1 = HandshakeMAC.mac1(of: asked)
        let otherMAC1 = HandshakeMAC.mac1(of: hollowInitiation(for: responder, sender: 0x0102_0305))
        let isTakenByOthers = [
            holder.adopt(reply, mac1: otherMAC1, responder: responder, at: start),
            holder.adopt(reply, mac1: mac1, responder: stranger, at: start),
        ]
        #expect(isTakenByOthers == [false, false])
        #expect(holder.cookie(at: start) == nil)
        let isTaken = holder.adopt(reply, mac1: mac1, responder: responder, at: start)
        #expect(isTaken)
        #expect(holder.cookie(at: start) == secret.cookie(for: source))

        let again = secret.reply(to: try initiation(parsing: asked), from: source, using: &random)
        #expect(again[8..<32] != datagram[8..<32], "each reply has a nonce of its own")
        let cookie = secret.cookie(for: source)
        for start in 0...datagram.count - cookie.count { #expect(!datagram[start...].starts(with: cookie)) }
    }

    @Test("an altered cookie reply is refused, and the previous cookie stays in use")
    mutating func alteredReply() throws {
        var secret = CookieSecret(publicKey: responder)
        secret.rotate(at: start, using: &random)
        let asked = hollowInitiation(for: responder)
        let mac1 = HandshakeMAC.mac1(of: asked)
        let datagram = secret.reply(to: try initiation(parsing: asked), from: source, using: &random)
        var holder = CookieHolder()
        let isTaken = holder.adopt(try cookieReply(parsing: datagram), mac1: mac1, responder: responder, at: start)
        try #require(isTaken)
        for bit in 8 * 8..<64 * 8 {
            var flipped = datagram
            flipped[bit / 8] ^= 1 << (bit % 8)
            let isTaken = holder.adopt(
                try cookieReply(parsing: flipped), mac1: mac1, responder: responder, at: start + .seconds(60))
            #expect(!isTaken)
        }
        #expect(holder.cookie(at: start + .milliseconds(119_999)) == secret.cookie(for: source))
        #expect(holder.cookie(at: start + .seconds(120)) == nil)
    }
}
