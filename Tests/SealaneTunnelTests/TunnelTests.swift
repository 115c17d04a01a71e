import SealaneAEAD
import SealanePacket
import SealaneTunnel
import Testing

/// Two tunnels, a link that carries everything, and a clock set by hand.
@Suite struct TunnelTests {
    @Test("the first packet waits for the handshake and then arrives once, in both directions")
    func firstPacketArrives() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        #expect(pair.a.status?.state == .connecting)
        pair.exchange()
        #expect(pair.b.delivered == [numberedPacket(1, from: pair.addressOfA, to: pair.addressOfB)])
        pair.sendFromB(2)
        pair.exchange()
        #expect(pair.a.delivered == [numberedPacket(2, from: pair.addressOfB, to: pair.addressOfA)])
        for host in [pair.a, pair.b] { #expect(host.status?.state == .established) }
        // One initiation, one response.
        #expect(pair.seen.filter { $0.bytes[0] == 1 }.count == 1)
        #expect(pair.seen.filter { $0.bytes[0] == 2 }.count == 1)
    }

    @Test("an eavesdropper sees no byte sequence of a packet")
    func nothingInClear() throws {
        let pair = try SimulatedPair()
        for number in 0..<20 { pair.sendFromA(UInt32(number)) }
        pair.exchange()
        #expect(pair.b.delivered.count == 20)
        let needle = pair.b.delivered[7][20..<32]
        for datagram in pair.seen {
            for start in 0...max(0, datagram.bytes.count - needle.count) {
                #expect(!datagram.bytes[start...].starts(with: needle))
            }
        }
    }

    @Test(
        "ends that begin at the same moment agree on the session of the greater key, whichever message arrives first",
        arguments: 1...8, [true, false])
    func simultaneousInitiation(seed: UInt64, isHeardByBFirst: Bool) throws {
        let pair = try SimulatedPair(seed: seed)
        pair.sendFromA(1)
        pair.sendFromB(2)
        let (fromA, fromB) = (pair.a.popOutbox(), pair.b.popOutbox())
        for toB in [isHeardByBFirst, !isHeardByBFirst] {
            for datagram in toB ? fromA : fromB {
                (toB ? pair.b : pair.a).receive(
                    datagram: datagram.bytes, from: toB ? pair.a.endpoint : pair.b.endpoint)
            }
        }
        pair.exchange()
        pair.sendFromA(3)
        pair.sendFromB(4)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1, 3])
        #expect(pair.a.delivered.map(number(of:)) == [2, 4])
        let isGreaterA = pair.b.publicKey.bytes.lexicographicallyPrecedes(pair.a.publicKey.bytes)
        #expect(pair.a.status?.session?.isInitiator == isGreaterA)
        #expect(pair.b.status?.session?.isInitiator == !isGreaterA)
    }

    @Test(
        "if both ends began at once, the end that yielded still gets its session if the other end's messages are lost")
    func simultaneousInitiationLost() throws {
        for seed: UInt64 in 1...8 {
            let pair = try SimulatedPair(seed: seed)
            pair.sendFromA(1)
            pair.sendFromB(2)
            // Each initiation arrives, everything after that for three seconds does not.
            pair.exchange { $0[0] != HandshakeMessage.initiationType }
            pair.live(for: .seconds(12)) { turn in
                pair.sendFromA(UInt32(10 + turn))
                pair.sendFromB(UInt32(100 + turn))
                if turn < 6 { pair.exchange { _ in true } }
            }
            #expect(pair.a.status?.state == .established, "seed \(seed)")
            #expect(pair.b.status?.state == .established, "seed \(seed)")
            #expect(pair.a.delivered.last.map(number(of:)) == 123)
            #expect(pair.b.delivered.last.map(number(of:)) == 33)
        }
    }

    @Test("if one end has no AES, both agree on ChaCha20-Poly1305")
    func suiteWithoutAES() throws {
        let pair = try SimulatedPair(suitesOfB: [.chaCha20Poly1305])
        pair.sendFromA(1)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
        #expect(pair.a.status?.session?.suite == .chaCha20Poly1305)
        #expect(pair.b.status?.session?.suite == .chaCha20Poly1305)
    }

    @Test("the pre-shared key must be the same at both ends")
    func presharedKey() throws {
        func key(_ byte: UInt8) throws -> PresharedKey {
            try #require(try [UInt8](repeating: byte, count: 32).withUnsafeBytes { try PresharedKey(copying: $0) })
        }
        let same = try SimulatedPair(presharedKeyOfA: key(7), presharedKeyOfB: key(7))
        same.sendFromA(1)
        same.exchange()
        #expect(same.b.delivered.count == 1)
        let different = try SimulatedPair(presharedKeyOfA: key(7), presharedKeyOfB: key(8))
        different.sendFromA(1)
        different.exchange()
        #expect(different.b.delivered.isEmpty)
        #expect(different.a.status?.session == nil)
        #expect(different.a.drops(.handshakeNotAuthentic) == 1)
        let missing = try SimulatedPair(presharedKeyOfA: key(7), presharedKeyOfB: nil)
        missing.sendFromA(1)
        missing.exchange()
        #expect(missing.b.delivered.isEmpty)
    }

    @Test("the reasons of a responder that refuses reach the initiator sealed, and no session is created")
    func refusalTravels() throws {
        let pair = try SimulatedPair()
        pair.b.decision = .refuse(reasons: Array("because of the type".utf8))
        pair.sendFromA(1)
        pair.exchange()
        let status = try #require(pair.a.status)
        #expect(status.state == .refused)
        #expect(status.refusalByPeer == Array("because of the type".utf8))
        #expect(pair.b.status?.session == nil)
        // The packet that waited is answered: ICMP type 3, code 13, in the peer's name.
        let reply = try #require(pair.a.replies.first)
        #expect(reply[20...21] == [3, 13])
        #expect(Array(reply[12..<16]) == pair.addressOfB.bytes)
        let reasons = Array("because".utf8)
        for datagram in pair.seen {
            for start in 0..<datagram.bytes.count - reasons.count {
                #expect(!datagram.bytes[start...].starts(with: reasons))
            }
        }
    }

    @Test("some time after a refusal a packet begins another handshake, and the refusal ends if the peer accepts")
    func refusalEnds() throws {
        let pair = try SimulatedPair()
        pair.b.decision = .refuse(reasons: [])
        pair.sendFromA(1)
        pair.exchange()
        pair.b.decision = .accept
        pair.live(for: .seconds(5)) { _ in pair.sendFromA(2) }
        #expect(pair.b.delivered.isEmpty)
        pair.live(for: .seconds(6)) { _ in pair.sendFromA(3) }
        #expect(pair.b.delivered.contains { number(of: $0) == 3 })
        #expect(pair.a.status?.state == .established)
    }

    @Test("an initiator that refuses the responder's claims creates no session")
    func initiatorRefuses() throws {
        let pair = try SimulatedPair()
        pair.a.decision = .refuse(reasons: Array("no".utf8))
        pair.sendFromA(1)
        pair.exchange()
        #expect(pair.a.status?.session == nil)
        #expect(pair.b.delivered.isEmpty)
        #expect(pair.a.replies.count == 1)
    }

    @Test("a verdict that changes to a refusal ends the session and its traffic at once")
    func verdictTurns() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.a.tunnel.setAllowed(false, PeerID(0))
        pair.a.performOutputs()
        pair.sendFromA(2)
        pair.sendFromB(3)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
        #expect(pair.a.delivered.isEmpty)
        #expect(pair.a.replies.count == 1)
        pair.a.tunnel.setAllowed(true, PeerID(0))
        pair.a.performOutputs()
        pair.advance(by: .seconds(1))
        pair.sendFromA(4)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1, 4])
    }

    @Test("a host that is not a peer gets no response, whatever it sends")
    func strangersMeetSilence() throws {
        let pair = try SimulatedPair()
        let stranger = try SimulatedHost(endpoint: try #require(Endpoint("10.77.0.9:7325")), seed: 99)
        stranger.addPeer(pair.b, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        stranger.send(packet: numberedPacket(1, from: pair.addressOfA, to: pair.addressOfB))
        let initiation = try #require(stranger.popOutbox().first)
        pair.b.receive(datagram: initiation.bytes, from: stranger.endpoint)
        #expect(pair.b.popOutbox().isEmpty)
        #expect(pair.b.drops(.unknownPeer) == 1)

        let elsewhere = try SimulatedHost(endpoint: stranger.endpoint, seed: 98)
        pair.sendFromA(1)
        let notForYou = try #require(pair.a.popOutbox().first)
        elsewhere.receive(datagram: notForYou.bytes, from: pair.a.endpoint)
        #expect(elsewhere.popOutbox().isEmpty)
        #expect(elsewhere.drops(.handshakeNotAuthentic) == 1)
    }

    @Test("a peer that sends from another address than its own gets no response")
    func endpointsDoNotRoam() throws {
        let pair = try SimulatedPair()
        let endpoint = try #require(Endpoint("10.77.0.1:9999"))
        pair.b.tunnel.add(
            PeerParameters(id: PeerID(0), publicKey: pair.a.publicKey, presharedKey: nil, endpoint: endpoint))
        pair.b.performOutputs()
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first)
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        #expect(pair.b.popOutbox().isEmpty)
        #expect(pair.b.drops(.unexpectedSource) == 1)
    }

    @Test("a replayed initiation is refused for its timestamp, and by a new responder for its age")
    func replayedInitiation() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first)
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        #expect(pair.b.popOutbox().count == 1)
        pair.advance(by: .seconds(1))
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        #expect(pair.b.popOutbox().isEmpty)
        #expect(pair.b.drops(.handshakeReplayed) == 1)
    }

    @Test("replayed data is dropped, and so is data from another port or with another index")
    func badData() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.sendFromA(2)
        let datagram = try #require(pair.a.popOutbox().first)
        for bit in 0..<datagram.bytes.count * 8 {
            var flipped = datagram.bytes
            flipped[bit / 8] ^= 1 << (bit % 8)
            pair.b.receive(datagram: flipped, from: pair.a.endpoint)
        }
        #expect(pair.b.delivered.count == 1)
        #expect(pair.b.drops(.notAuthentic) > 0)
        #expect(pair.b.drops(.unknownSession) == 32)
        pair.b.receive(datagram: datagram.bytes, from: try #require(Endpoint("10.77.0.1:7326")))
        #expect(pair.b.drops(.unexpectedSource) == 1)
        let replayedBefore = pair.b.drops(.replayed)
        pair.b.receive(datagram: datagram.bytes, from: pair.a.endpoint)
        pair.b.receive(datagram: datagram.bytes, from: pair.a.endpoint)
        #expect(pair.b.delivered.map(number(of:)) == [1, 2])
        #expect(pair.b.drops(.replayed) == replayedBefore + 1)
        for length in 0..<datagram.bytes.count {
            pair.b.receive(datagram: Array(datagram.bytes.prefix(length)), from: pair.a.endpoint)
        }
        #expect(pair.b.drops(.datagramTruncated) == 32)
        pair.b.receive(datagram: [9] + [UInt8](repeating: 0, count: 99), from: pair.a.endpoint)
        #expect(pair.b.drops(.unknownMessageType) >= 1)
        #expect(pair.b.delivered.count == 2)
    }

    @Test("a packet whose source is not one of the peer's addresses is dropped and counted for the peer")
    func foreignSource() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        let foreign = try #require(IPAddress("10.78.0.77"))
        pair.a.send(packet: numberedPacket(2, from: foreign, to: pair.addressOfB))
        pair.exchange()
        pair.tick()
        #expect(pair.b.delivered.count == 1)
        #expect(pair.b.drops(.addressNotOwned) == 1)
        #expect(pair.b.status?.addressesNotOwned == 1)
    }

    @Test(
        "a packet to an address of no peer is answered with no route, and one to an absent peer with host unreachable")
    func unreachable() throws {
        let pair = try SimulatedPair()
        pair.a.send(
            packet: numberedPacket(1, from: pair.addressOfA, to: try #require(IPAddress("10.78.0.99"))))
        #expect(pair.a.replies.last?[20...21] == [3, 0])
        pair.sendFromA(2)
        _ = pair.a.popOutbox()
        for _ in 0..<12 {
            pair.advance(by: .milliseconds(500))
            pair.a.tick()
            _ = pair.a.popOutbox()
        }
        #expect(pair.a.status?.state == .unreachable)
        #expect(pair.a.replies.last?[20...21] == [3, 1])
        pair.live(for: .seconds(6))
        #expect(pair.a.status?.state == .established)
    }

    @Test("a packet that is too long for a datagram is answered with the size that fits")
    func tooBig() throws {
        let pair = try SimulatedPair(mtuOfB: 1400)
        pair.sendFromA(1)
        pair.exchange()
        var packet = numberedPacket(2, from: pair.addressOfA, to: pair.addressOfB)
        packet += [UInt8](repeating: 0, count: 1341 - packet.count)
        packet[2] = UInt8(packet.count >> 8)
        packet[3] = UInt8(packet.count & 0xFF)
        pair.a.send(packet: packet)
        let reply = try #require(pair.a.replies.last)
        #expect(reply[20...21] == [3, 4])
        #expect(Int(reply[26]) << 8 | Int(reply[27]) == 1340)
        packet.removeLast()
        packet[3] = UInt8(packet.count & 0xFF)
        pair.a.send(packet: packet)
        pair.exchange()
        #expect(pair.b.delivered.last == packet)
    }

    @Test("a session is replaced after two minutes of use, without packet loss", arguments: 1...6)
    func rotation(seed: UInt64) throws {
        let pair = try SimulatedPair(seed: seed)
        var sent: UInt32 = 0
        pair.live(for: .seconds(600)) { _ in
            sent += 1
            pair.sendFromA(sent)
            sent += 1
            pair.sendFromB(sent)
        }
        #expect(pair.a.delivered.count == Int(sent / 2))
        #expect(pair.b.delivered.count == Int(sent / 2))
        // 600 / 120, and one more at the end that was not needed when both began at once.
        for host in [pair.a, pair.b] {
            let status = try #require(host.status)
            #expect((5...6).contains(status.sessionCount))
        }
    }

    /// Sessions whose start was reported and whose end was not. Neither may be reported twice, or the end first.
    private func standing(_ host: SimulatedHost) -> Set<SessionIndex> {
        var standing: Set<SessionIndex> = []
        for event in host.tunnelEvents {
            switch event {
            case .established(_, let session, suite: _, initiator: _):
                #expect(standing.insert(session).inserted, "\(host.tunnelEvents)")
            case .ended(_, let session):
                #expect(standing.remove(session) != nil, "\(host.tunnelEvents)")
            default:
                break
            }
        }
        return standing
    }

    @Test("the start and the end of every session are each reported once, whatever ends it", arguments: 1...6)
    func beginningsAndEnds(seed: UInt64) throws {
        let pair = try SimulatedPair(seed: seed)
        pair.live(for: .seconds(600)) { _ in
            pair.sendFromA(1)
            pair.sendFromB(2)
        }
        for host in [pair.a, pair.b] {
            #expect((1...4).contains(standing(host).count))
            #expect(host.tunnelEvents.count >= 9)
        }
        pair.live(for: .seconds(400), step: .seconds(10))
        for host in [pair.a, pair.b] { #expect(standing(host).isEmpty) }
        pair.sendFromA(3)
        pair.exchange()
        for host in [pair.a, pair.b] { #expect(standing(host).count == 1) }
        pair.a.tunnel.setAllowed(false, PeerID(0))
        pair.a.performOutputs()
        pair.b.tunnel.remove(PeerID(0))
        pair.b.performOutputs()
        for host in [pair.a, pair.b] { #expect(standing(host).isEmpty) }
    }

    @Test("two agents without traffic send nothing, and their keys are gone after three minutes")
    func idle() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.live(for: .seconds(60))
        let before = pair.seen.count
        pair.live(for: .seconds(3600), step: .seconds(10))
        #expect(pair.seen.count == before)
        #expect(pair.a.status?.session == nil)
        #expect(pair.b.status?.session == nil)
        pair.sendFromB(2)
        pair.exchange()
        #expect(pair.a.delivered.count == 1)
    }

    @Test("an end that only receives sends a keepalive every ten seconds, and a keepalive is not answered")
    func keepalive() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        pair.seen = []
        pair.live(for: .seconds(60)) { turn in if turn % 2 == 0 { pair.sendFromA(UInt32(turn)) } }
        let fromB = pair.seen.filter { $0.from == pair.b.endpoint }
        #expect((4...7).contains(fromB.count))
        #expect(fromB.allSatisfy { $0.bytes.count == TunnelLimits.sealOverhead })
    }

    @Test("a peer that has lost its keys gets a handshake as soon as data for the old ones arrives")
    func restart() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        try pair.restart(pair.b)
        pair.sendFromA(2)
        pair.exchange()
        pair.sendFromA(3)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1, 3])
    }

    @Test("a silent peer is detected after fifteen seconds, and gets a session again when it is back")
    func silence() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        for _ in 0..<60 {
            pair.advance(by: .milliseconds(500))
            pair.sendFromA(2)
            pair.a.tick()
            _ = pair.a.popOutbox()
        }
        #expect(pair.a.tunnelEvents.contains(.silent(PeerID(0))))
        #expect(pair.a.status?.state == .unreachable)
        pair.live(for: .seconds(7)) { _ in pair.sendFromA(3) }
        #expect(pair.a.status?.state == .established)
        #expect(pair.b.delivered.contains { number(of: $0) == 3 })
    }

    @Test("under a flood of initiations a source must return a cookie first, and still gets its session")
    func cookiesUnderLoad() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(0)
        let initiation = try #require(pair.a.popOutbox().first)
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        _ = pair.b.popOutbox()
        pair.advance(by: .seconds(6))
        for port in 0..<UInt16(500) {
            pair.b.receive(
                datagram: initiation.bytes, from: Endpoint(address: pair.addressOfA, port: 1000 + port))
        }
        let answers = pair.b.popOutbox()
        #expect(answers.allSatisfy { $0.bytes[0] == 3 && $0.bytes.count == 64 })
        #expect(answers.count >= 250)
        // The peer itself: its next attempt is answered with a cookie, the one with the cookie with a session.
        pair.a.tick()
        pair.exchange()
        #expect(pair.a.status?.state == .established)
        #expect(pair.seen.filter { $0.bytes[0] == 3 }.count == 1)
    }

    @Test("random bytes cost only a check of mac1, and do not make cookies necessary")
    func garbageIsNoLoad() throws {
        let pair = try SimulatedPair()
        for number in 0..<1000 {
            pair.b.receive(
                datagram: [1, 0, 0, 0] + [UInt8](repeating: UInt8(number % 251), count: 200), from: pair.a.endpoint)
        }
        #expect(pair.b.drops(.handshakeNotAuthentic) == 1000)
        pair.sendFromA(1)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
        #expect(!pair.seen.contains { $0.bytes[0] == 3 })
    }
}
