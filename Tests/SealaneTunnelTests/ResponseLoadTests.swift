import SealanePacket
import SealaneTunnel
import Testing

/// Responses that nobody asked for, or that somebody forges while an initiation is under way.
@Suite("Responses under load") struct ResponseLoadTests {
    private let pair: SimulatedPair
    private let initiation: [UInt8]
    private let elsewhere = Endpoint(address: IPAddress(ipv4: 0x0A4D_0063), port: 40_000)

    init() throws {
        pair = try SimulatedPair()
        pair.sendFromA(1)
        initiation = try #require(pair.a.popOutbox().first).bytes
    }

    /// With a right mac1, and what an eavesdropper knows of the initiation.
    private func forged(_ number: UInt8, mac2 key: [UInt8]? = nil) -> [UInt8] {
        let index = Array(initiation[4..<8])
        let noise = (0..<UInt8(120)).map { $0 &* 31 &+ number }
        var datagram = [2, 0, 0, 0, 9, 9, 9, number] + index + noise
        HandshakeMAC.append(to: &datagram, receiver: pair.a.publicKey, cookie: key)
        return datagram
    }

    /// How many of the responses cost a Diffie-Hellman: those are found not to be authentic, all others limited.
    private func workedOn(_ count: Int, from source: Endpoint, apart: Duration = .zero) -> Int {
        let before = pair.a.drops(.handshakeNotAuthentic)
        for number in 0..<count {
            pair.a.receive(datagram: forged(UInt8(truncatingIfNeeded: number)), from: source)
            pair.a.advance(by: apart)
        }
        return Int(pair.a.drops(.handshakeNotAuthentic) - before)
    }

    @Test(
        "responses without proof that their sender has read the initiation are limited to one a millisecond, 200 a second in all"
    )
    func forgeries() {
        #expect(workedOn(1000, from: pair.b.endpoint) == 1)
        pair.a.advance(by: .seconds(1))
        #expect(workedOn(10, from: pair.b.endpoint, apart: .milliseconds(1)) == 10)
        pair.a.advance(by: .seconds(1))
        let second = workedOn(1000, from: pair.b.endpoint, apart: .milliseconds(1))
        #expect((200...260).contains(second), "\(second) of 1000 within a second")
    }

    @Test("responses from elsewhere are limited to ten a second")
    func fromElsewhere() {
        let second = workedOn(1000, from: elsewhere, apart: .milliseconds(1))
        #expect(second == 10)
    }

    @Test(
        "forged responses from the peer's endpoint, in any order, do not prevent the session with the peer"
    )
    func honest() throws {
        pair.b.receive(datagram: initiation, from: pair.a.endpoint)
        let response = try #require(pair.b.popOutbox().first).bytes
        _ = workedOn(1000, from: pair.b.endpoint)
        _ = workedOn(1000, from: elsewhere)
        pair.a.receive(datagram: response, from: pair.b.endpoint)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1])
    }

    @Test("forged responses do not hide a translation")
    func translated() throws {
        pair.a.pathReasons = { $0.translation?.isTranslated == true ? Array("translated".utf8) : nil }
        pair.b.receive(datagram: initiation, from: pair.a.endpoint)
        let response = try #require(pair.b.popOutbox().first).bytes
        _ = workedOn(1000, from: elsewhere)
        pair.a.receive(datagram: response, from: elsewhere)
        #expect(pair.a.status?.state == .refused)
        // The peer learns the reason, at its endpoint.
        pair.exchange()
        #expect(pair.b.status?.refusalByPeer == Array("translated".utf8))
        #expect(pair.b.tunnelEvents == [.refusedByPeer(PeerID(0), reasons: Array("translated".utf8))])
    }

    @Test("without a flood, a response without the proof, as from an older version, is accepted")
    func older() throws {
        pair.b.receive(datagram: initiation, from: pair.a.endpoint)
        let response = try #require(pair.b.popOutbox().first).bytes
        let old = Array(response.dropLast(16)) + [UInt8](repeating: 0, count: 16)
        pair.a.receive(datagram: old, from: pair.b.endpoint)
        #expect(pair.a.status?.state == .established)
    }

    @Test("a response without an initiation costs no work, whoever sends it")
    func unexpected() {
        var datagram = forged(1)
        datagram[9] ^= 1
        let before = pair.a.drops(.handshakeUnexpected)
        pair.a.receive(datagram: datagram, from: pair.b.endpoint)
        #expect(pair.a.drops(.handshakeUnexpected) == before + 1)
    }
}

/// What a recording can bring about in an agent that has restarted and forgotten it.
@Suite("Recorded initiations after a restart") struct RecordedInitiationTests {
    /// B's initiations of another time, which A would refuse by the path over which they come.
    private func recordings(_ watched: WatchedPair, _ count: Int) throws -> [[UInt8]] {
        let pair = watched.pair
        for number in 0..<count {
            pair.sendFromB(UInt32(number))
            watched.exchange()
            pair.advance(by: .seconds(400))
            pair.tick()
        }
        return recorded.bytes
    }

    private final class Recorded {
        var bytes: [[UInt8]] = []
    }
    private let recorded = Recorded()

    @Test("replayed with a small TTL, they refuse no peer and give no reason: packets get through all the time")
    func smallTTL() throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        watched.isLost = { [recorded] bytes in
            if bytes.first == 1 { recorded.bytes.append(bytes) }
            return false
        }
        let copies = try recordings(watched, 4)
        try #require(copies.count == 4)
        try pair.a.forgetAll()
        pair.a.addPeer(pair.b, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        pair.a.tunnel.provesMTU = true
        pair.a.performOutputs()
        pair.a.tunnelEvents = []
        let before = pair.b.delivered.count
        var answered = 0
        for second in 0..<38 {
            if second % 9 == 0, second / 9 < copies.count {
                pair.a.receive(datagram: copies[second / 9], from: pair.b.endpoint, hopLimit: 60)
                #expect(pair.a.status?.state != .refused)
            }
            pair.sendFromA(UInt32(1000 + second))
            watched.live(for: .seconds(1))
            answered = pair.b.delivered.count - before
            #expect(pair.a.status?.state == .established, "after \(second) s")
        }
        #expect(answered == 38)
        #expect(pair.a.replies.isEmpty)
        #expect(!pair.a.tunnelEvents.contains(.refused(PeerID(0))))
    }

    @Test("a peer whose initiation was true is refused in the handshake that this end begins, and both ends report why")
    func honestRefusal() throws {
        let pair = try SimulatedPair()
        pair.a.decision = .refuse(reasons: [7])
        pair.sendFromB(1)
        pair.exchange()
        #expect(pair.a.status?.state == .refused)
        #expect(pair.b.status?.state == .refused)
        #expect(pair.b.status?.refusalByPeer == [7])
        // Not one handshake after the other.
        let count = pair.seen.count
        for second in 0..<60 {
            pair.sendFromB(UInt32(second))
            pair.live(for: .seconds(1))
        }
        #expect(pair.a.status?.state == .refused && pair.b.status?.state == .refused)
        #expect(pair.seen.count - count <= 40, "\(pair.seen.count - count) datagrams in a minute")
        pair.a.decision = .accept
        pair.live(for: .seconds(12)) { _ in pair.sendFromB(99) }
        #expect(pair.a.status?.state == .established)
    }
}
