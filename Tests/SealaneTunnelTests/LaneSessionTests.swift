import SealanePacket
import SealaneTunnel
import Testing

/// Sessions as a lane holds them: made before the old is broken, sealed with up to a limit, gone when retired.
@Suite("A lane's sessions") struct LaneSessionTests {
    @Test("a new session opens at once and seals after the peer has used it, and the old one opens until it is retired")
    func makeBeforeBreak() throws {
        let lane = try LaneFixture()
        let old = try lane.establish()
        let new = try lane.peer.handshake(with: lane.host, ownIndex: 0xABCD_0002)
        func sent(_ number: UInt32) throws -> [UInt8] {
            lane.host.send(packet: lane.packetOut(number))
            return try #require(lane.host.popOutbox().last).bytes
        }
        try lane.expectDrops([:]) {
            #expect(try old.opened(sent(1))?.packet == lane.packetOut(1), "not confirmed: the old one seals")
            lane.receive(try old.sealed(lane.packetIn(1), counter: 1))
            #expect(try old.opened(sent(2))?.packet == lane.packetOut(2))
            lane.receive(try new.sealed(lane.packetIn(2), counter: 0))
            #expect(try new.opened(sent(3))?.packet == lane.packetOut(3), "the peer has it: the new one seals")
            lane.receive(try old.sealed(lane.packetIn(3), counter: 2))
            lane.receive(try new.sealed(lane.packetIn(4), counter: 1))
            #expect(
                try new.opened(sent(4))?.packet == lane.packetOut(4), "a late datagram of the old one changes nothing")
        }
        #expect(lane.host.delivered.map(number(of:)) == [1, 2, 3, 4])

        lane.host.lane.apply(.retire(SessionIndex(old.hostIndex)))
        try lane.expectDrops([.unknownSession: 1]) { lane.receive(try old.sealed(lane.packetIn(5), counter: 3)) }
        try lane.expectDrops([:]) { lane.receive(try new.sealed(lane.packetIn(6), counter: 2)) }
        #expect(try new.opened(sent(5))?.packet == lane.packetOut(5))
    }

    @Test("the old session's counters and keys are not valid in the new session")
    func sessionsAreSeparate() throws {
        let lane = try LaneFixture()
        let old = try lane.establish()
        let new = try lane.peer.handshake(with: lane.host, ownIndex: 0xABCD_0002)
        var datagram = try old.sealed(lane.packetIn(1), counter: 1)
        datagram.replaceSubrange(4..<8, with: bigEndian(new.hostIndex))
        lane.expectDrops([.notAuthentic: 1]) { lane.receive(datagram) }
        #expect(old.toHost != new.toHost && old.toHost != old.fromHost)
    }

    @Test("after the sealing session is retired, packets wait, and commands with unknown indices have no effect")
    func retireSealing() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        let another = SessionIndex(session.hostIndex ^ 0x8000_0000)
        lane.host.lane.apply(.retire(another))
        lane.host.lane.apply(.activate(another))
        lane.host.send(packet: lane.packetOut(1))
        #expect(lane.host.popOutbox().count == 1)
        lane.host.lane.apply(.retire(SessionIndex(session.hostIndex)))
        lane.host.lane.apply(.retire(SessionIndex(session.hostIndex)))
        lane.expectDrops([:]) { #expect(lane.host.lane.seal(lane.packetOut(2)) == nil, "it waits") }
    }

    @Test("a lane requests a new session near its limit and stops sealing at the limit")
    func blockLimit() throws {
        // A packet of 80 bytes is 5 blocks, header and tag are 2 more.
        let lane = try LaneFixture(blockLimits: BlockLimits(rekey: 21, reject: 35))
        let session = try lane.establish()
        let packet = lane.packetOut(byteCount: 80)
        func send() throws -> UInt64? {
            lane.host.send(packet: packet)
            let datagram = lane.host.popOutbox().first { $0.bytes.first == DataHeader.messageType }
            return try datagram.flatMap { try session.opened($0.bytes)?.counter }
        }
        try lane.expectDrops([:]) {
            let counters = [try send(), try send()]
            #expect(counters == [0, 1])
            #expect(lane.host.status?.state == .established)
            lane.host.send(packet: packet)
            // The packet, and the initiation of the session to come.
            #expect(lane.host.popOutbox().map { $0.bytes.first } == [4, 1])
            let later = [try send(), try send()]
            #expect(later == [3, 4])
        }
        try lane.expectDrops([.sessionExhausted: 3]) {
            let counters = [try send(), try send()]
            #expect(counters == [nil, nil])
            lane.host.lane.apply(.sendKeepalive(SessionIndex(session.hostIndex)))
        }
        // It still opens, and a new session seals from zero on.
        try lane.expectDrops([:]) { lane.receive(try session.sealed(lane.packetIn(1), counter: 1)) }
        let next = try lane.peer.handshake(with: lane.host, ownIndex: 0xABCD_0002)
        lane.receive(try next.sealed([], counter: 0))
        lane.host.send(packet: packet)
        let datagram = try #require(lane.host.popOutbox().last { $0.bytes.first == DataHeader.messageType })
        #expect(try next.opened(datagram.bytes)?.counter == 0)
    }

    @Test("limits can be lowered but not raised")
    func blockLimits() {
        let standard = BlockLimits()
        #expect(standard.rekey == 1 << 35 && standard.reject == 1 << 36)
        let raised = BlockLimits(rekey: .max, reject: .max)
        #expect(raised.rekey == standard.rekey && raised.reject == standard.reject)
    }

    @Test("a session is renewed before its limit, without packet loss")
    func renewedByBlocks() throws {
        let pair = try SimulatedPair(blockLimits: BlockLimits(rekey: 1000, reject: 1200))
        pair.sendFromA(0)
        pair.exchange()
        for number in 1..<UInt32(2000) {
            pair.advance(by: .milliseconds(5))
            pair.sendFromA(number)
            pair.exchange()
        }
        #expect(pair.b.delivered.map(number(of:)) == Array(0..<2000))
        #expect(pair.a.drops(.sessionExhausted) == 0)
        #expect((pair.a.status?.sessionCount ?? 0) > 10)
    }

    @Test("a lane handles more peers and sessions than its initial capacity")
    func growth() throws {
        let lane = try LaneFixture()
        var peers: [(peer: HandMadePeer, session: HandMadePeer.Session)] = []
        var addresses: [(IPPrefix, UInt32)] = []
        for number in 0..<UInt32(50) {
            let endpoint = Endpoint(address: IPAddress(ipv4: 0x0A4D_0100 + number), port: 7325)
            let peer = try HandMadePeer(endpoint, as: PeerID(number + 100), seed: UInt64(number) + 1000)
            peer.introduce(to: lane.host, addresses: [])
            addresses.append((try #require(IPPrefix("10.79.0.\(number)/32")), number + 100))
            peers.append((peer, try peer.handshake(with: lane.host)))
        }
        lane.host.lane.apply(.route(PrefixTable(addresses), peerCount: 150))
        try lane.expectDrops([:]) {
            for (number, (peer, session)) in peers.enumerated() {
                let address = IPAddress(ipv4: 0x0A4F_0000 + UInt32(number))
                let packet = numberedPacket(UInt32(number), from: address, to: lane.ownAddress)
                lane.host.receive(datagram: try session.sealed(packet, counter: 0), from: peer.endpoint)
                let answer = numberedPacket(UInt32(number), from: lane.ownAddress, to: address)
                lane.host.send(packet: answer)
                let sent = try #require(lane.host.popOutbox().last)
                #expect(sent.to == peer.endpoint)
                #expect(try session.opened(sent.bytes)?.packet == answer)
            }
        }
        #expect(lane.host.delivered.map(number(of:)) == Array(0..<50))
    }
}
