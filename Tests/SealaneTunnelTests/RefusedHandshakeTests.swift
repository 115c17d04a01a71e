import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// What the end that knows tells of a handshake that was not accepted.
@Suite("Reports of refused handshakes") struct RefusedHandshakeTests {
    private typealias Cause = RefusedHandshake.Cause

    /// Hosts on one network, each reached by its endpoint.
    private final class Segment {
        var hosts: [SimulatedHost] = []

        func host(
            _ number: Int, seed: UInt64? = nil, suites: [CipherSuite] = CipherSuite.available, fleet: String = "test"
        ) throws -> SimulatedHost {
            let host = try SimulatedHost(
                endpoint: try #require(Endpoint("10.77.0.\(number):7325")), seed: seed ?? UInt64(100 + number),
                suites: suites, fleet: fleet)
            hosts.append(host)
            return host
        }

        func exchange() {
            for _ in 0..<100 {
                let sent = hosts.flatMap { host in host.popOutbox().map { (host.endpoint, $0) } }
                if sent.isEmpty { return }
                for (source, datagram) in sent {
                    hosts.first { $0.endpoint == datagram.to }?.receive(datagram: datagram.bytes, from: source)
                }
            }
            Issue.record("the hosts do not come to rest")
        }

        func live(for duration: Duration) {
            let step = Duration.milliseconds(500)
            for _ in 0..<Int(duration / step) {
                for host in hosts {
                    host.advance(by: step)
                    host.tick()
                }
                exchange()
            }
        }
    }

    /// Makes a peer known, with whatever key and endpoint; its overlay address is 10.78.0.`id + 1`.
    private func add(
        _ key: PublicKey, at endpoint: Endpoint, to host: SimulatedHost, as id: UInt32 = 0,
        presharedKey: PresharedKey? = nil
    ) {
        host.tunnel.add(
            PeerParameters(id: PeerID(id), publicKey: key, presharedKey: presharedKey, endpoint: endpoint))
        host.performOutputs()
    }

    /// Lets a host that has one peer send it a packet.
    private func begin(_ host: SimulatedHost, _ number: UInt32 = 1) throws {
        host.route([try #require(IPPrefix("10.78.0.9/32"))], to: PeerID(0))
        host.send(
            packet: numberedPacket(
                number, from: try #require(IPAddress("10.78.0.8")), to: try #require(IPAddress("10.78.0.9"))))
    }

    private func refused(_ host: SimulatedHost, _ id: UInt32 = 0) -> RefusedHandshake? {
        host.tunnel.status(of: PeerID(id))?.lastRefusedHandshake
    }

    private func told(_ host: SimulatedHost) -> [(id: PeerID, refused: RefusedHandshake)] {
        host.tunnelEvents.compactMap { event in
            if case .handshakeNotAccepted(let id, let refused) = event { (id, refused) } else { nil }
        }
    }

    private func strangersTold(_ host: SimulatedHost) -> [Stranger] {
        host.tunnelEvents.compactMap { if case .strangerHeard(let stranger) = $0 { stranger } else { nil } }
    }

    @Test("a peer that has moved is reported with its new address, once, and again after an hour")
    func moved() throws {
        let segment = Segment()
        let (host, peer) = (try segment.host(1), try segment.host(2))
        let before = try #require(Endpoint("10.77.0.22:7325"))
        add(peer.publicKey, at: before, to: host)
        add(host.publicKey, at: host.endpoint, to: peer)
        try begin(peer)
        segment.exchange()
        let cause = Cause.unexpectedSource(endpoint: before, isRepeated: false)
        #expect(refused(host)?.cause == cause && refused(host)?.source == peer.endpoint)
        #expect(refused(host)?.isProven == true)
        segment.live(for: .seconds(60))
        #expect(host.drops(.unexpectedSource) > 5)
        #expect(told(host).map(\.refused.cause) == [cause])
        let last = try #require(refused(host)).at
        #expect(host.now.monotonic.since(last) < .seconds(6), "the last, not the first")

        segment.live(for: .seconds(3600))
        try begin(peer, 2)
        segment.exchange()
        #expect(told(host).count == 2)
    }

    @Test("a host with a copy of a peer's key is reported, and the peer's session continues")
    func cloned() throws {
        let segment = Segment()
        let (host, peer) = (try segment.host(1), try segment.host(2, seed: 5))
        let clone = try segment.host(3, seed: 5)
        #expect(clone.publicKey == peer.publicKey)
        add(peer.publicKey, at: peer.endpoint, to: host)
        host.route([try #require(IPPrefix("10.78.0.8/32"))], to: PeerID(0))
        for end in [peer, clone] { add(host.publicKey, at: host.endpoint, to: end) }
        try begin(peer)
        segment.exchange()
        #expect(host.status?.state == .established && host.delivered.count == 1)
        clone.advance(by: .seconds(1))
        host.advance(by: .seconds(1))
        try begin(clone)
        segment.exchange()
        #expect(refused(host)?.cause == .unexpectedSource(endpoint: peer.endpoint, isRepeated: false))
        #expect(refused(host)?.source == clone.endpoint)
        #expect(told(host).count == 1)
        try begin(peer, 2)
        segment.exchange()
        #expect(host.status?.state == .established && host.delivered.count == 2)
    }

    @Test("a recording from a peer's former address is reported as possibly repeated")
    func recording() throws {
        let segment = Segment()
        let (host, peer) = (try segment.host(1), try segment.host(2))
        add(peer.publicKey, at: peer.endpoint, to: host)
        add(host.publicKey, at: host.endpoint, to: peer)
        try begin(peer)
        let initiation = try #require(peer.popOutbox().first).bytes
        host.receive(datagram: initiation, from: peer.endpoint)
        let now = try #require(Endpoint("10.77.0.22:7325"))
        add(peer.publicKey, at: now, to: host)
        host.receive(datagram: initiation, from: peer.endpoint)
        #expect(refused(host)?.cause == .unexpectedSource(endpoint: now, isRepeated: true))
    }

    @Test("the end that has the public keys of two peers swapped reports both peers, once")
    func swapped() throws {
        let segment = Segment()
        let (host, x, y) = (try segment.host(1), try segment.host(2), try segment.host(3))
        add(y.publicKey, at: x.endpoint, to: host, as: 0)
        add(x.publicKey, at: y.endpoint, to: host, as: 1)
        add(host.publicKey, at: host.endpoint, to: x)
        try begin(x)
        segment.live(for: .seconds(20))
        #expect(refused(host, 0)?.cause == .otherKey(x.publicKey, isProven: true))
        #expect(refused(host, 1)?.cause == .unexpectedSource(endpoint: y.endpoint, isRepeated: false))
        for id: UInt32 in [0, 1] {
            #expect(refused(host, id)?.source == x.endpoint && refused(host, id)?.isProven == true)
        }
        #expect(told(host).map(\.id) == [PeerID(1), PeerID(0)])
        #expect(host.tunnel.peer(at: x.endpoint) == PeerID(0) && host.tunnel.peer(of: x.publicKey) == PeerID(1))
        #expect(host.tunnel.strangers.isEmpty)

        // The other way it is for the wrong key, and x says so.
        try begin(host)
        segment.exchange()
        #expect(refused(x)?.cause == .otherReceiver && refused(x)?.source == host.endpoint)
        #expect(refused(x)?.isProven == false)
    }

    @Test("both ends report a peer whose key differs from the configured one, each with what it knows")
    func wrongKey() throws {
        let segment = Segment()
        let (host, peer, other) = (try segment.host(1), try segment.host(2), try segment.host(3))
        add(other.publicKey, at: peer.endpoint, to: host)
        add(host.publicKey, at: host.endpoint, to: peer)
        try begin(host)
        segment.live(for: .seconds(20))
        #expect(told(peer).map(\.refused.cause) == [.otherReceiver])
        #expect(refused(host) == nil, "the peer has said nothing")
        try begin(peer)
        segment.live(for: .seconds(20))
        #expect(told(host).map(\.refused.cause) == [.otherKey(peer.publicKey, isProven: false)])
        #expect(host.tunnel.strangers.isEmpty, "it is at a peer's endpoint")
    }

    @Test("another fleet's name, no common suite and another pre-shared key are each reported with their cause")
    func others() throws {
        let segment = Segment()
        let host = try segment.host(1, suites: [.chaCha20Poly1305])
        let elsewhere = try segment.host(2, fleet: "other")
        let suited = try segment.host(3, suites: [.aes256GCM])
        for (id, peer) in [(0, elsewhere), (1, suited)] as [(UInt32, SimulatedHost)] {
            add(peer.publicKey, at: peer.endpoint, to: host, as: id)
            add(host.publicKey, at: host.endpoint, to: peer)
            try begin(peer)
        }
        segment.live(for: .seconds(20))
        #expect(refused(host, 0)?.cause == .otherFleet)
        #expect(refused(host, 1)?.cause == .noCommonSuite)
        #expect(told(host).count == 2)
    }

    @Test(
        "the end that receives the response reports another or a missing pre-shared key",
        arguments: [nil, 8] as [UInt8?])
    func presharedKey(other: UInt8?) throws {
        func key(_ byte: UInt8) throws -> PresharedKey {
            try #require(try [UInt8](repeating: byte, count: 32).withUnsafeBytes { try PresharedKey(copying: $0) })
        }
        let segment = Segment()
        let (host, peer) = (try segment.host(1), try segment.host(2))
        add(peer.publicKey, at: peer.endpoint, to: host, presharedKey: try key(7))
        if let other {
            add(host.publicKey, at: host.endpoint, to: peer, presharedKey: try key(other))
        } else {
            add(host.publicKey, at: host.endpoint, to: peer)
        }
        try begin(host)
        segment.live(for: .seconds(20))
        #expect(told(host).map(\.refused.cause) == [.presharedKey])
        #expect(refused(host)?.isProven == true)
        #expect(refused(peer) == nil)
        // Nobody but the peer can bring that about.
        try begin(host, 2)
        segment.live(for: .seconds(100))
        _ = host.popOutbox()
        let before = refused(host)
        try begin(host, 3)
        let initiation = try #require(host.popOutbox().last).bytes
        var forged = [2, 0, 0, 0, 1, 2, 3, 4] + Array(initiation[4..<8]) + [UInt8](repeating: 9, count: 80)
        HandshakeMAC.append(to: &forged, receiver: host.publicKey, cookie: nil)
        host.receive(datagram: forged, from: peer.endpoint)
        #expect(host.drops(.handshakeNotAuthentic) > 0)
        #expect(refused(host) == before)
    }

    @Test(
        "hosts that are not peers are reported with address and key, in a table of a fixed size, until they become peers"
    )
    func strangers() throws {
        let segment = Segment()
        let (host, stranger) = (try segment.host(1), try segment.host(2))
        add(host.publicKey, at: host.endpoint, to: stranger)
        try begin(stranger)
        segment.live(for: .seconds(20))
        let heard = try #require(host.tunnel.strangers.first)
        #expect(heard.source == stranger.endpoint && heard.publicKey == stranger.publicKey && heard.count > 2)
        #expect(strangersTold(host).count == 1)

        stranger.tunnel.setAllowed(false, PeerID(0))
        stranger.performOutputs()
        stranger.tunnel.setAllowed(true, PeerID(0))
        stranger.performOutputs()
        try begin(stranger, 2)
        let initiation = try #require(stranger.popOutbox().last { $0.bytes.first == 1 }).bytes
        for number in 0..<150 {
            host.receive(
                datagram: initiation, from: Endpoint(address: IPAddress(ipv4: 0x0a63_0000 + UInt32(number)), port: 7325)
            )
        }
        #expect(host.tunnel.strangers.count == 32)
        #expect(strangersTold(host).count <= 11)
        #expect(host.drops(.unknownPeer) >= 150)

        add(stranger.publicKey, at: stranger.endpoint, to: host)
        #expect(host.tunnel.strangers.isEmpty)
    }

    @Test(
        "a message that anyone can forge hides no proven report and ends no session")
    func unproven() throws {
        let segment = Segment()
        let (host, peer) = (try segment.host(1), try segment.host(2))
        add(peer.publicKey, at: peer.endpoint, to: host)
        add(host.publicKey, at: host.endpoint, to: peer)
        var forged = [1, 0, 0, 0, 1, 2, 3, 4] + [UInt8](repeating: 9, count: 120)
        HandshakeMAC.append(to: &forged, receiver: peer.publicKey, cookie: nil)
        for _ in 0..<1000 { host.receive(datagram: forged, from: peer.endpoint) }
        #expect(told(host).map(\.refused.cause) == [.otherReceiver])
        let noted = try #require(refused(host))
        #expect(noted.at == host.now.monotonic)

        // It works all the same, and from then on nothing is noted.
        try begin(peer)
        segment.exchange()
        #expect(host.status?.state == .established)
        segment.live(for: .seconds(5))
        host.receive(datagram: forged, from: peer.endpoint)
        #expect(refused(host) == noted)

        // The peer's own key from elsewhere is proven; what is forged does not take its place.
        let moved = try segment.host(3, seed: 102)
        #expect(moved.publicKey == peer.publicKey)
        add(peer.publicKey, at: peer.endpoint, to: host)
        add(host.publicKey, at: host.endpoint, to: moved)
        moved.advance(by: .seconds(9))
        host.advance(by: .seconds(9))
        try begin(moved)
        segment.exchange()
        let proven = try #require(refused(host))
        #expect(proven.isProven)
        host.advance(by: .seconds(30))
        host.receive(datagram: forged, from: peer.endpoint)
        #expect(refused(host) == proven)
    }

    @Test("forged messages from the endpoints of a thousand peers cause a few log lines per minute")
    func forgedEndpoints() throws {
        let segment = Segment()
        let host = try segment.host(1)
        var random = SeededRandom(seed: 3)
        var forged = [1, 0, 0, 0, 1, 2, 3, 4] + [UInt8](repeating: 9, count: 120)
        for number in 0..<UInt32(1000) {
            let key = try PrivateKey.generate(using: &random).publicKey
            let endpoint = Endpoint(address: IPAddress(ipv4: 0x0a63_0000 + number), port: 7325)
            add(key, at: endpoint, to: host, as: number)
            if number == 0 { HandshakeMAC.append(to: &forged, receiver: key, cookie: nil) }
        }
        for _ in 0..<20 {
            for number in 0..<UInt32(1000) {
                host.receive(
                    datagram: forged, from: Endpoint(address: IPAddress(ipv4: 0x0a63_0000 + number), port: 7325))
            }
            host.advance(by: .seconds(1))
        }
        #expect((10...31).contains(told(host).count), "\(told(host).count)")
    }
}
