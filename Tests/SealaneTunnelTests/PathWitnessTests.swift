import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("Witnesses of the path") struct PathWitnessTests {
    private let elsewhere = Endpoint(address: IPAddress(ipv4: 0x0A4D_0063), port: 40_000)

    @Test("a session over a direct path is established, and every witness has an observation at both ends")
    func straight() throws {
        let watched = try WatchedPair()
        watched.pair.sendFromA(1)
        watched.exchange()
        watched.pair.sendFromB(2)
        watched.exchange()
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.b.delivered.map(number(of:)) == [1])
        #expect(watched.pair.a.delivered.map(number(of:)) == [2])
        for host in [watched.pair.a, watched.pair.b] {
            let path = try #require(host.status?.path)
            #expect(path.translation?.isTranslated == false)
            #expect(path.forwarding?.hopLimit == 255)
            #expect(path.mtu?.carried == 1500)
        }
    }

    @Test("an initiation from another source is refused with that reason, which its sender receives")
    func translated() throws {
        let watched = try WatchedPair()
        watched.sourceAtB = elsewhere
        watched.pair.sendFromA(1)
        watched.exchange()
        #expect(watched.states == [.refused, .refused])
        #expect(watched.pair.a.status?.refusalByPeer == Array("translated".utf8))
        let seen = try #require(watched.pair.b.status?.path.translation)
        #expect(seen.claimed == FourTuple(source: watched.pair.a.endpoint, destination: watched.pair.b.endpoint))
        #expect(seen.observed == FourTuple(source: elsewhere, destination: watched.pair.b.endpoint))
        #expect(watched.pair.b.delivered.isEmpty)
    }

    @Test("an initiation whose port or destination was rewritten is refused too")
    func translatedInPart() throws {
        for (source, destination) in [
            (Endpoint(address: try #require(IPAddress("10.77.0.1")), port: 7326), nil),
            (nil, elsewhere),
        ] as [(Endpoint?, Endpoint?)] {
            let pair = try WatchedPair().pair
            pair.sendFromA(1)
            // What B answers reaches A's endpoint alone.
            for _ in 0..<4 {
                for datagram in pair.a.popOutbox() {
                    pair.b.receive(datagram: datagram.bytes, from: source ?? pair.a.endpoint, to: destination)
                }
                for datagram in pair.b.popOutbox() where datagram.to == pair.a.endpoint {
                    pair.a.receive(datagram: datagram.bytes, from: pair.b.endpoint)
                }
            }
            #expect(pair.b.status?.state == .refused)
            #expect(pair.b.status?.path.translation?.isTranslated == true)
            #expect(pair.a.status?.state == .refused)
            #expect(pair.a.status?.refusalByPeer == Array("translated".utf8))
        }
    }

    @Test("a copy of an initiation that an attacker sends from elsewhere does not prevent the peer's session")
    func racedCopy() throws {
        let pair = try WatchedPair().pair
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first)
        pair.b.receive(datagram: initiation.bytes, from: elsewhere)
        _ = pair.b.popOutbox()
        pair.b.receive(datagram: initiation.bytes, from: pair.a.endpoint)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1])
    }

    @Test(
        "an attacker on the path who flips bits of handshakes, replays or reflects them gets no session",
        arguments: UInt64(0)..<20)
    func cheats(seed: UInt64) throws {
        let watched = try WatchedPair()
        let pair = watched.pair
        pair.sendFromA(1)
        let initiation = try #require(pair.a.popOutbox().first).bytes
        var random = SeededRandom(seed: seed)
        for _ in 0..<50 {
            var flipped = initiation
            flipped[Int.random(in: flipped.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            pair.b.receive(datagram: flipped, from: Bool.random(using: &random) ? pair.a.endpoint : elsewhere)
        }
        pair.a.receive(datagram: initiation, from: pair.b.endpoint)
        pair.a.receive(datagram: initiation, from: pair.a.endpoint)
        pair.b.receive(datagram: initiation, from: elsewhere)
        for datagram in pair.b.popOutbox() {
            pair.b.receive(datagram: datagram.bytes, from: pair.a.endpoint)
            pair.b.receive(datagram: datagram.bytes, from: elsewhere)
        }
        // None of the sessions that an unflipped copy may have opened is ever confirmed.
        for host in [pair.a, pair.b] {
            #expect(host.status?.session == nil)
            #expect(host.delivered.isEmpty)
        }
    }

    @Test(
        "a handshake that crossed a router is refused, and data that crossed one ends the session within one datagram")
    func forwarded() throws {
        let watched = try WatchedPair()
        watched.hopLimit = 254
        watched.pair.sendFromA(1)
        watched.exchange()
        #expect(watched.states == [.refused, .refused])

        let later = try WatchedPair()
        later.pair.sendFromA(1)
        later.exchange()
        #expect(later.states == [.established, .established])
        later.hopLimit = 254
        later.pair.sendFromA(2)
        later.exchange()
        #expect(later.states == [.refused, .refused])
        #expect(later.pair.b.delivered.map(number(of:)) == [1])
        #expect(later.pair.b.drops(.unexpectedHopLimit) == 1)
        // What B says of it has crossed the router as well.
        #expect(later.pair.a.drops(.unexpectedHopLimit) == 1)
        #expect(later.pair.a.status?.path.forwarding?.hopLimit == 254)
    }

    @Test(
        "a translation that begins during a session ends it within one datagram, at both ends, and that datagram is dropped"
    )
    func translatedLater() throws {
        let watched = try WatchedPair()
        watched.pair.sendFromA(1)
        watched.exchange()
        watched.sourceAtB = elsewhere
        watched.pair.sendFromA(2)
        watched.exchange()
        #expect(watched.states == [.refused, .refused])
        #expect(watched.pair.b.delivered.map(number(of:)) == [1])
        #expect(watched.pair.b.drops(.unexpectedSource) == 1)
        #expect(watched.pair.a.status?.refusalByPeer == Array("translated".utf8))
        // Packets ask again, and find the path straight.
        watched.sourceAtB = nil
        watched.live(for: .seconds(12)) { step in
            if step.isMultiple(of: 100) { watched.pair.sendFromA(UInt32(100 + step)) }
        }
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.b.delivered.count > 1)
    }

    @Test("forged and recorded datagrams from elsewhere end no session")
    func forgedMismatches() throws {
        let watched = try WatchedPair()
        watched.pair.sendFromA(1)
        watched.exchange()
        watched.pair.sendFromA(2)
        let proper = try #require(watched.pair.a.popOutbox().first).bytes
        watched.pair.b.receive(datagram: proper, from: watched.pair.a.endpoint)
        var forged = proper
        forged[15] &+= 1
        watched.pair.b.receive(datagram: forged, from: elsewhere)
        watched.pair.b.receive(datagram: proper, from: elsewhere)
        watched.pair.b.receive(datagram: proper, from: watched.pair.a.endpoint, hopLimit: 200)
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.b.delivered.map(number(of:)) == [1, 2])
        #expect(watched.pair.b.drops(.unexpectedSource) == 2)
        #expect(watched.pair.b.drops(.unexpectedHopLimit) == 1)
    }

    @Test(
        "a path that carries less than both interfaces is refused with the size that it carries, and no packet travels")
    func reduced() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.mtu = 8500
        watched.live(for: .seconds(6)) { step in
            if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
        }
        #expect(watched.states == [.refused, .refused])
        #expect(watched.pair.b.delivered.isEmpty)
        let carried = [watched.pair.a, watched.pair.b].compactMap { $0.status?.path.mtu?.carried }
        #expect(!carried.isEmpty && carried.allSatisfy { $0 == 8500 })
    }

    @Test(
        "a path that carries less in one direction is refused too: the end that observes it informs the other, each time"
    )
    func reducedOneWay() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.mtuToA = 1500
        func traffic(_ step: Int) {
            if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
        }
        watched.live(for: .seconds(6), traffic)
        #expect(watched.states == [.refused, .refused])
        #expect(watched.pair.b.status?.path.mtu?.carried == 1500)
        #expect(watched.pair.a.status?.refusalByPeer == Array("reduced".utf8))
        // What A sends, to whom the path is proven, before B has looked again.
        let count = watched.pair.b.delivered.count
        watched.live(for: .seconds(30), traffic)
        #expect(watched.pair.b.delivered.count == count)
        #expect(watched.pair.b.drops(.pathUnproven) > 0)
        #expect(!watched.pair.b.tunnelEvents.contains { if case .established = $0 { true } else { false } })
    }

    @Test("over IPv6, the headers are longer, and whole addresses are compared")
    func ipv6() throws {
        let listen = try ["[fd00::1]:7325", "[fd00::2]:7325"].map { try #require(Endpoint($0)) }
        let hosts = try listen.enumerated().map { number, endpoint in
            try SimulatedHost(endpoint: endpoint, seed: UInt64(50 + number), interfaceMTU: 9001)
        }
        let (a, b) = (hosts[0], hosts[1])
        let inside = try ["10.78.0.1", "10.78.0.2"].map { try #require(IPAddress($0)) }
        a.addPeer(b, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.2/32"))])
        b.addPeer(a, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.1/32"))])
        for host in hosts {
            host.tunnel.provesMTU = true
            host.pathReasons = { $0.translation?.isTranslated == true ? [1] : nil }
        }
        a.send(packet: numberedPacket(1, from: inside[0], to: inside[1]))
        var longest = 0
        for _ in 0..<10 {
            for (from, to) in [(a, b), (b, a)] {
                for datagram in from.popOutbox() {
                    longest = max(longest, datagram.bytes.count)
                    to.receive(datagram: datagram.bytes, from: from.endpoint)
                }
            }
        }
        #expect(b.delivered.map(number(of:)) == [1])
        // IPv6 40, UDP 8; and of Sealane's own 32.
        #expect(longest + 48 == 9001)
        #expect(a.status?.session?.packetByteLimit == 9001 - 80)
        let other = Endpoint(address: try #require(IPAddress("fd00:0:0:1::1")), port: 7325)
        a.send(packet: numberedPacket(2, from: inside[0], to: inside[1]))
        b.receive(datagram: try #require(a.popOutbox().last).bytes, from: other)
        #expect(b.status?.state == .refused)
    }

    @Test("a lower path MTU during a session ends it, and a session is possible again after the MTU is restored")
    func reducedLater() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        func traffic(_ step: Int) {
            if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
        }
        watched.live(for: .seconds(2), traffic)
        #expect(watched.states == [.established, .established])
        watched.mtu = 1500
        watched.live(for: .seconds(9), traffic)
        #expect(watched.states == [.refused, .refused])
        watched.mtu = 9001
        watched.live(for: .seconds(13), traffic)
        #expect(watched.states == [.established, .established])
    }

    @Test("if the policy tolerates it, packets travel up to the size that the path carries")
    func reducedWithWarning() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        for host in [watched.pair.a, watched.pair.b] { host.pathReasons = { _ in nil } }
        watched.mtu = 8500
        watched.pair.sendFromA(1)
        watched.live(for: .seconds(5))
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.a.status?.session?.packetByteLimit == 8440)
        #expect(watched.pair.b.delivered.map(number(of:)) == [1])
    }

    @Test(
        "two ends that begin at once over a link that loses 10 % refuse nothing, while sessions are renewed too",
        arguments: UInt64(0)..<4)
    func congested(seed: UInt64) throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        var random = SeededRandom(seed: seed)
        watched.isLost = { _ in random.chance(10) }
        var sent = 0
        watched.live(for: .seconds(260)) { step in
            guard step.isMultiple(of: 10) else { return }
            sent += 1
            watched.pair.sendFromA(UInt32(step))
            watched.pair.sendFromB(UInt32(step))
        }
        #expect(watched.states == [.established, .established])
        for host in [watched.pair.a, watched.pair.b] {
            #expect(try #require(host.status).sessionCount >= 3)
            #expect(host.delivered.count > sent * 8 / 10)
            for event in host.tunnelEvents {
                switch event {
                case .refused, .refusedByPeer, .unreachable: Issue.record("\(event)")
                default: break
                }
            }
        }
    }

    @Test("an end that validates its path and an end that does not agree on a session")
    func oneSided() throws {
        for isA in [true, false] {
            let watched = try WatchedPair()
            (isA ? watched.pair.a : watched.pair.b).tunnel.provesMTU = false
            watched.pair.sendFromA(1)
            watched.exchange()
            watched.pair.sendFromB(2)
            watched.exchange()
            #expect(watched.states == [.established, .established])
            #expect(watched.pair.b.delivered.count == 1 && watched.pair.a.delivered.count == 1)
        }
    }
}
