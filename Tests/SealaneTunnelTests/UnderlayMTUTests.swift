import SealaneTunnel
import TestSupport
import Testing

/// Tunnels whose underlay changes its MTU under them.
struct UnderlayMTUTests {
    private func change(_ watched: WatchedPair, _ host: SimulatedHost, to mtu: Int) {
        watched.mtu = mtu
        host.tunnel.adopt(interfaceMTU: mtu, at: host.now.monotonic)
        host.performOutputs()
    }

    @Test(
        "both ends follow a change down and up, at once or seconds apart, and no packet is refused",
        arguments: [0, 300, 700])
    func bothEnds(stepsApart: Int) throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        var sent: UInt32 = 0
        func live(_ steps: Int) {
            watched.live(for: .milliseconds(10) * steps) { step in
                guard step.isMultiple(of: 10) else { return }
                sent += 1
                watched.pair.sendFromA(sent)
            }
        }
        live(200)
        #expect(watched.states == [.established, .established])
        for mtu in [1500, 1400, 1500, 9001] {
            change(watched, watched.pair.a, to: mtu)
            live(stepsApart)
            change(watched, watched.pair.b, to: mtu)
            live(300)
            #expect(watched.states == [.established, .established], "at \(mtu)")
            for host in [watched.pair.a, watched.pair.b] {
                #expect(host.status?.session?.packetByteLimit == mtu - 60)
                #expect(host.status?.path.mtu?.carried == mtu)
                #expect(host.status?.path.mtu?.ofThisHost == mtu)
                let carried = [mtu - 60, mtu - 59].map { host.tunnel.carries(packetByteCount: $0) }
                #expect(carried == [true, false])
            }
        }
        // Packets of up to 232 bytes fit all the time.
        #expect(watched.pair.b.delivered.count == Int(sent))
        let refusals = (watched.pair.a.tunnelEvents + watched.pair.b.tunnelEvents).filter { event in
            switch event {
            case .refused, .refusedByPeer: true
            default: false
            }
        }
        #expect(refusals.isEmpty, "\(refusals)")
    }

    private func expectLimits(_ watched: WatchedPair, _ byteCount: Int, _ comment: Comment? = nil) {
        #expect(watched.states == [.established, .established], comment)
        let limits = [watched.pair.a, watched.pair.b].map { $0.status?.session?.packetByteLimit }
        #expect(limits == [byteCount, byteCount], comment)
    }

    @Test("a responder states a greater MTU in another handshake if it adopts it after its response has left")
    func responseUnderWay() throws {
        let watched = try WatchedPair(interfaceMTU: 1400)
        let (a, b) = (watched.pair.a, watched.pair.b)
        watched.pair.sendFromA(1)
        watched.live(for: .seconds(1))
        expectLimits(watched, 1340)

        a.tunnel.adopt(interfaceMTU: 9001, at: a.now.monotonic)
        for host in [a, b] { host.advance(by: .milliseconds(10)) }
        a.act()
        for datagram in a.popOutbox() { b.receive(datagram: datagram.bytes, from: a.endpoint) }
        b.tunnel.adopt(interfaceMTU: 9001, at: b.now.monotonic)
        // The new session is current before another handshake of B is due.
        watched.exchange()
        watched.live(for: .seconds(1))
        expectLimits(watched, 8941)
    }

    @Test(
        "an initiator states a greater MTU in another handshake if it adopts it while it waits for the response",
        arguments: [false, true])
    func initiationUnderWay(replacesSession: Bool) throws {
        let watched = try WatchedPair(interfaceMTU: 1400)
        let (a, b) = (watched.pair.a, watched.pair.b)
        if replacesSession {
            watched.pair.sendFromA(1)
            watched.live(for: .seconds(1))
            a.tunnel.present(claims: [1], credential: [], at: a.now.monotonic)
            for host in [a, b] { host.advance(by: .milliseconds(10)) }
            a.act()
        } else {
            watched.pair.sendFromA(1)
        }
        #expect(a.outbox.map(\.bytes.first) == [HandshakeMessage.initiationType])
        for host in [a, b] { host.tunnel.adopt(interfaceMTU: 9001, at: host.now.monotonic) }
        // The new session is current before another handshake is due.
        watched.exchange()
        watched.live(for: .seconds(1))
        expectLimits(watched, 8941)
    }

    @Test(
        "both ends agree on the lesser MTU after changes at any moment of handshakes that arrive late or out of order")
    func anyMoment() throws {
        for seed in 0..<200 {
            var random = SeededRandom(seed: UInt64(seed))
            let watched = try WatchedPair(interfaceMTU: 1400)
            let pair = watched.pair
            var underWay: [(bytes: [UInt8], toB: Bool, steps: Int)] = []
            var mtus = [1400, 1400]
            func step(_ number: Int) {
                for host in [pair.a, pair.b] {
                    host.advance(by: .milliseconds(2))
                    if number.isMultiple(of: 250) { host.tick() } else { host.act() }
                }
                if number.isMultiple(of: 50) { pair.sendFromA(UInt32(number)) }
                underWay += pair.a.popOutbox().map { ($0.bytes, true, Int.random(in: 0...4, using: &random)) }
                underWay += pair.b.popOutbox().map { ($0.bytes, false, Int.random(in: 0...4, using: &random)) }
                let due = underWay.filter { $0.steps == 0 }
                underWay = underWay.filter { $0.steps > 0 }.map { ($0.bytes, $0.toB, $0.steps - 1) }
                for datagram in due {
                    let (from, to) = datagram.toB ? (pair.a, pair.b) : (pair.b, pair.a)
                    to.receive(datagram: datagram.bytes, from: from.endpoint)
                }
            }
            for number in 0..<300 {
                step(number)
                guard number >= 100, Int.random(in: 0..<8, using: &random) == 0 else { continue }
                let end = Int.random(in: 0...1, using: &random)
                let host = end == 0 ? pair.a : pair.b
                mtus[end] = [1400, 1500, 9001].randomElement(using: &random) ?? 1400
                host.tunnel.adopt(interfaceMTU: mtus[end], at: host.now.monotonic)
                host.performOutputs()
            }
            for number in 300..<1000 { step(number) }
            expectLimits(watched, (mtus.min() ?? 0) - 60, "seed \(seed), MTUs \(mtus)")
        }
    }

    @Test("the new limit applies to packets before the peer knows of it")
    func atOnce() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.pair.sendFromA(1)
        watched.live(for: .seconds(1))
        #expect(watched.pair.a.status?.session?.packetByteLimit == 8941)
        change(watched, watched.pair.a, to: 1500)
        #expect(watched.pair.a.status?.session?.packetByteLimit == 1440)
    }

    @Test("a peer that was refused for its path gets a handshake at once after the MTU changes")
    func refusedBefore() throws {
        let watched = try WatchedPair(interfaceMTU: 9001)
        watched.mtu = 1500
        watched.live(for: .seconds(6)) { step in
            if step.isMultiple(of: 10) { watched.pair.sendFromA(UInt32(step)) }
        }
        #expect(watched.states == [.refused, .refused])
        for host in [watched.pair.a, watched.pair.b] { change(watched, host, to: 1500) }
        watched.pair.sendFromA(7)
        watched.live(for: .seconds(2))
        #expect(watched.states == [.established, .established])
        #expect(watched.pair.b.delivered.map(number(of:)).contains(7))
    }
}
