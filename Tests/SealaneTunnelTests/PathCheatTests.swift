import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("Attackers who are on the path or have recorded its traffic") struct PathCheatTests {
    private let elsewhere = Endpoint(address: IPAddress(ipv4: 0x0A4D_0063), port: 40_000)

    @Test("a lost datagram that an attacker sends from elsewhere ends no session")
    func lostAndRecorded() throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        pair.sendFromA(1)
        watched.exchange()
        pair.sendFromA(2)
        let lost = try #require(pair.a.popOutbox().first).bytes
        pair.sendFromA(3)
        watched.exchange()
        pair.b.receive(datagram: lost, from: elsewhere)
        pair.b.receive(datagram: lost, from: pair.a.endpoint, hopLimit: 200)
        #expect(watched.states == [.established, .established])
        pair.b.receive(datagram: lost, from: pair.a.endpoint)
        #expect(pair.b.delivered.map(number(of:)) == [1, 3, 2])
    }

    @Test(
        "neither a copy of the response that renews a session nor the response to a copied initiation ends the session")
    func copiedHandshake() throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        pair.sendFromA(1)
        watched.exchange()
        func initiation() throws -> [UInt8] {
            pair.advance(by: .seconds(2))
            pair.a.tunnel.present(claims: Array("facts".utf8), credential: [], at: pair.a.now.monotonic)
            pair.advance(by: .seconds(1))
            pair.a.act()
            return try #require(pair.a.popOutbox().first { $0.bytes[0] == 1 }).bytes
        }

        pair.b.receive(datagram: try initiation(), from: pair.a.endpoint)
        let response = try #require(pair.b.popOutbox().first { $0.bytes[0] == 2 }).bytes
        pair.a.receive(datagram: response, from: elsewhere)
        #expect(watched.states == [.established, .established])
        #expect(pair.a.status?.sessionCount == 1)
        pair.a.receive(datagram: response, from: pair.b.endpoint)
        watched.exchange()
        #expect(pair.a.status?.sessionCount == 2)

        pair.b.receive(datagram: try initiation(), from: elsewhere)
        let refusal = try #require(pair.b.popOutbox().first { $0.bytes[0] == 2 }).bytes
        pair.a.receive(datagram: refusal, from: pair.b.endpoint)
        #expect(watched.states == [.established, .established])
    }

    @Test("an initiation recorded before a restart does not prevent a session with the peer")
    func recordedInitiation() throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        pair.sendFromA(1)
        pair.exchange()
        let recording = try #require(pair.seen.first).bytes
        try pair.restart(pair.b)
        pair.b.receive(datagram: recording, from: elsewhere)
        #expect(pair.b.status?.state == .connecting, "it asks the peer")
        watched.live(for: .seconds(13)) { step in
            if step.isMultiple(of: 150) { pair.b.receive(datagram: recording, from: elsewhere) }
            if step.isMultiple(of: 50) { pair.sendFromB(UInt32(step)) }
        }
        #expect(watched.states == [.established, .established])
        #expect(!pair.a.delivered.isEmpty)
    }

    @Test("an initiation recorded when its sender's interface MTU was smaller does not lower the required path MTU")
    func recordedTerms() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        let pair = watched.pair
        // The seed of A's key.
        let before = try SimulatedHost(endpoint: pair.a.endpoint, seed: 3, interfaceMTU: 1280)
        try #require(before.publicKey == pair.a.publicKey)
        before.addPeer(pair.b, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        before.send(packet: numberedPacket(1, from: pair.addressOfA, to: pair.addressOfB))
        let recording = try #require(before.popOutbox().first).bytes

        pair.sendFromB(1)
        watched.exchange()
        #expect(watched.states == [.established, .established])
        pair.b.receive(datagram: recording, from: pair.a.endpoint)
        watched.mtu = 1500
        watched.live(for: .seconds(10)) { step in
            if step.isMultiple(of: 10) { pair.sendFromB(UInt32(step)) }
        }
        #expect(watched.states == [.refused, .refused])
        #expect(pair.b.status?.path.mtu?.stated == 9001)
    }

    @Test("a path that carries less ends its session even if all messages about it are dropped")
    func droppedNotes() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        func traffic(_ step: Int) {
            guard step.isMultiple(of: 10) else { return }
            watched.pair.sendFromA(UInt32(step))
            watched.pair.sendFromB(UInt32(step))
        }
        watched.live(for: .seconds(2), traffic)
        #expect(watched.states == [.established, .established])
        watched.mtu = 1500
        watched.isLost = { $0[0] == 4 && $0[1] & DataHeader.control != 0 }
        watched.live(for: .seconds(14), traffic)
        #expect(!watched.states.contains(.established))
        let count = watched.pair.b.delivered.count
        watched.live(for: .seconds(5), traffic)
        #expect(watched.pair.b.delivered.count == count)
        watched.mtu = 9001
        watched.isLost = { _ in false }
        watched.live(for: .seconds(12), traffic)
        #expect(watched.states == [.established, .established])
    }

    @Test("if only handshakes reach a peer, each packet begins one handshake, and then the tunnel gives up")
    func handshakesAlone() throws {
        let watched = try WatchedPair()
        watched.isLost = { $0[0] == 4 }
        for attempt in 1...3 {
            watched.pair.sendFromA(UInt32(attempt))
            watched.live(for: .seconds(20))
            #expect(watched.pair.a.status?.state == .unreachable)
            #expect(watched.initiationCount == attempt)
        }
        #expect(watched.pair.a.replies.count >= 1)
        #expect(watched.pair.b.delivered.isEmpty)
        watched.isLost = { _ in false }
        watched.pair.sendFromA(9)
        watched.exchange()
        #expect(watched.states == [.established, .established])
    }

    @Test("if the policy tolerates a translation, the tunnel follows it with a handshake, at a limited rate")
    func tolerated() throws {
        for isOfDataAlone in [false, true] {
            let watched = try WatchedPair()
            for host in [watched.pair.a, watched.pair.b] {
                host.pathReasons = { _ in nil }
                // A trial would keep handshakes apart as well.
                host.tunnel.provesMTU = false
            }
            watched.pair.sendFromA(1)
            watched.exchange()
            if isOfDataAlone { watched.sourceOfDataAtB = elsewhere } else { watched.sourceAtB = elsewhere }
            watched.live(for: .seconds(60)) { step in
                if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
            }
            // Ten seconds each; or fifteen without an answer.
            #expect(watched.initiationCount <= 12)
            // What the handshake shows can be followed.
            #expect((watched.pair.b.delivered.count > 100) == !isOfDataAlone)
        }
    }
}
