import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// Lanes that hear nothing from the control thread for as long as it takes.
@Suite("The age of a lane's sessions") struct SessionAgeTests {
    private let age = TunnelLimits.rejectAfter

    @Test("a lane neither seals nor opens with a session that is 180 s old, even before the session is retired")
    func expired() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        let start = lane.host.now.monotonic
        func set(_ since: Duration) { lane.host.lane.now = start + since }
        func sent(_ number: UInt32) -> Int {
            lane.host.send(packet: lane.packetOut(number))
            return lane.host.popOutbox().filter { $0.bytes.first == DataHeader.messageType }.count
        }
        set(age - .milliseconds(1))
        try lane.expectDrops([:]) {
            lane.receive(try session.sealed(lane.packetIn(1), counter: 1))
            #expect(sent(1) == 1)
        }
        for beyond in [Duration.zero, .seconds(1), .seconds(86_400)] {
            set(age + beyond)
            try lane.expectDrops([.sessionExpired: 3]) {
                lane.receive(try session.sealed(lane.packetIn(2), counter: 2))
                #expect(sent(2) == 0)
                lane.host.lane.apply(.sendKeepalive(SessionIndex(session.hostIndex)))
                #expect(lane.host.lane.released.isEmpty)
            }
        }
        #expect(lane.host.delivered.map(number(of:)) == [1])
    }

    @Test("a session created a little after the lane's clock, which is set once a turn, is usable")
    func ofTheFuture() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        lane.host.lane.now = MonotonicTime(nanoseconds: lane.host.now.monotonic.nanoseconds - 500_000_000)
        try lane.expectDrops([:]) { lane.receive(try session.sealed(lane.packetIn(1), counter: 1)) }
    }

    @Test("a datagram of an expired session is no observation of the path")
    func lateMismatch() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        lane.host.lane.now = lane.host.now.monotonic + age
        let elsewhere = Endpoint(address: IPAddress(ipv4: 0x0A4D_0063), port: 40_000)
        try lane.expectDrops([.sessionExpired: 1]) {
            lane.host.receive(datagram: try session.sealed(lane.packetIn(1), counter: 1), from: elsewhere)
        }
        #expect(lane.host.status?.path.translation?.isTranslated == false)
    }
}

@Suite("Session indices") struct SessionIndexTests {
    @Test("do not reveal the number of sessions: every bit is set in about half of them, and no index repeats")
    func random() throws {
        let host = try SimulatedHost(endpoint: try #require(Endpoint("10.77.0.2:7325")), seed: 9)
        var indices: [UInt32] = []
        for number in 0..<UInt32(400) {
            let endpoint = Endpoint(address: IPAddress(ipv4: 0x0A4D_0100 + number), port: 7325)
            let peer = try HandMadePeer(endpoint, as: PeerID(number), seed: UInt64(number) + 1000)
            peer.introduce(to: host, addresses: [])
            indices.append(try peer.handshake(with: host).hostIndex)
        }
        #expect(Set(indices).count == indices.count)
        #expect(!indices.contains(0))
        for bit in 0..<32 {
            // Six standard deviations of 400 fair draws are 60.
            let count = indices.count { $0 & (1 << bit) != 0 }
            #expect((140...260).contains(count), "bit \(bit): \(count) of \(indices.count)")
        }
        // A counter in the low bits would come in order.
        #expect(zip(indices, indices.dropFirst()).count { $0 & 0xFFFF < $1 & 0xFFFF } < 260)
    }

    @Test(
        "a session is found while it exists and not afterwards, whatever the order of creation and removal",
        arguments: UInt64(0)..<4)
    func table(seed: UInt64) throws {
        let lane = try LaneFixture()
        var random = SeededRandom(seed: seed)
        var standing: [(session: HandMadePeer.Session, peer: HandMadePeer)] = []
        var gone: [HandMadePeer.Session] = []
        for number in 0..<UInt32(200) {
            let endpoint = Endpoint(address: IPAddress(ipv4: 0x0A4D_0100 + number), port: 7325)
            let peer = try HandMadePeer(endpoint, as: PeerID(number + 1), seed: UInt64(number) + seed * 1000)
            peer.introduce(to: lane.host, addresses: [])
            standing.append((try peer.handshake(with: lane.host), peer))
            while !standing.isEmpty, random.chance(40) {
                let at = Int.random(in: standing.indices, using: &random)
                let (session, _) = standing.remove(at: at)
                lane.host.lane.apply(.retire(SessionIndex(session.hostIndex)))
                gone.append(session)
            }
        }
        try lane.expectDrops([.unknownSession: UInt64(gone.count)]) {
            for (session, peer) in standing {
                lane.host.receive(datagram: try session.sealed([], counter: 0), from: peer.endpoint)
            }
            for session in gone { lane.receive(try session.sealed([], counter: 0)) }
        }
        #expect(standing.count > 20 && gone.count > 20)
    }
}
