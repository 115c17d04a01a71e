import SealanePacket
import SealaneTunnel
import Testing

@Suite("Renewal of sessions after the host's claims change")
struct RenewalTests {
    /// A host with a session that it seals with for each of `count` peers.
    private func host(peers count: Int, seed: UInt64 = 1) throws -> (SimulatedHost, [HandMadePeer]) {
        let host = try SimulatedHost(endpoint: try #require(Endpoint("10.77.0.1:7325")), seed: seed)
        let peers = try (0..<count).map { number in
            let address = IPAddress(ipv4: 0x0A4D_0100 + UInt32(number))
            let peer = try HandMadePeer(
                Endpoint(address: address, port: 7325), as: PeerID(UInt32(number)), seed: 1000 + UInt64(number))
            peer.introduce(to: host, addresses: [])
            let session = try peer.handshake(with: host)
            host.receive(datagram: try session.sealed([], counter: 0), from: peer.endpoint)
            return peer
        }
        _ = host.popOutbox()
        return (host, peers)
    }

    /// To whom the host begins handshakes, in each of `steps` of 20 ms. Nobody answers; repeated initiations, the first of which
    /// comes after 250 ms, do not count.
    private func initiations(of host: SimulatedHost, steps: Int) -> [[Endpoint]] {
        var lastAt: [Endpoint: Int] = [:]
        return (0..<steps).map { step in
            host.advance(by: .milliseconds(20))
            host.tick()
            let endpoints = host.popOutbox().filter { $0.bytes.first == HandshakeMessage.initiationType }.map(\.to)
            return endpoints.filter { endpoint in
                let last = lastAt.updateValue(step, forKey: endpoint)
                return last.map { step - $0 < 12 } ?? true
            }
        }
    }

    @Test("starts each handshake once, spread over the span", arguments: 1...3)
    func spread(seed: UInt64) throws {
        let (host, peers) = try host(peers: 300, seed: seed)
        #expect(initiations(of: host, steps: 10).joined().isEmpty)
        host.tunnel.present(claims: [1], credential: [2], at: host.now.monotonic)
        // 300 at 200 a second.
        let steps = initiations(of: host, steps: 76)
        #expect(Set(steps.joined()) == Set(peers.map(\.endpoint)))
        #expect(steps.joined().count == 300)
        // 4 on average: the chance that any of 75 steps has 16 by luck is below 1 in 1000.
        #expect(steps.allSatisfy { $0.count < 16 }, "\(steps.map(\.count))")
        #expect(steps[38...].joined().count > 100)
    }

    @Test("wakes the host in time for each handshake")
    func deadlines() throws {
        let (host, _) = try host(peers: 20)
        host.tunnel.present(claims: [1], credential: [2], at: host.now.monotonic)
        let end = host.now.monotonic + TunnelLimits.renewalSpan(sessionCount: 20)
        var begun = 0
        while let next = host.tunnel.nextDeadline(after: host.now.monotonic), next <= end {
            host.advance(by: next.since(host.now.monotonic))
            host.tick()
            begun += host.popOutbox().count
        }
        #expect(begun == 20)
    }

    @Test("takes milliseconds for a few sessions, and at most a minute for any number")
    func span() {
        #expect(TunnelLimits.renewalSpan(sessionCount: 2) == .milliseconds(10))
        #expect(TunnelLimits.renewalSpan(sessionCount: 10_000) == .seconds(50))
        #expect(TunnelLimits.renewalSpan(sessionCount: 1_000_000) == .seconds(60))
    }

    @Test("loses no packet and shows the new claims to the peer")
    func shown() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        let before = try #require(pair.b.status?.sessionCount)
        pair.a.tunnel.present(claims: [1], credential: [2, 3], at: pair.a.now.monotonic)
        var sent: UInt32 = 1
        pair.live(for: .seconds(2)) { _ in
            sent += 1
            pair.sendFromA(sent)
        }
        #expect(pair.b.delivered.count == Int(sent))
        #expect(pair.b.status?.sessionCount == before + 1)
        #expect(pair.b.status?.parameters?.claims == [1])
        #expect(pair.b.status?.parameters?.credential == [2, 3])
    }

    @Test("show what is new to the peer after a handshake that was under way at the change", arguments: [false, true])
    func underWay(isAnswered: Bool) throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        let (a, b) = (pair.a, pair.b)
        let changing = isAnswered ? b : a
        a.tunnel.present(claims: [1], credential: [2], at: a.now.monotonic)
        pair.advance(by: .milliseconds(10))
        a.act()
        if isAnswered {
            for datagram in a.popOutbox() { b.receive(datagram: datagram.bytes, from: a.endpoint) }
        }
        changing.tunnel.present(claims: [3], credential: [4], at: changing.now.monotonic)
        // The new session is current before another handshake is due.
        pair.exchange()
        pair.live(for: .seconds(2))
        let other = isAnswered ? a : b
        #expect(other.status?.parameters?.claims == [3])
        #expect(other.status?.parameters?.credential == [4])
    }
}
