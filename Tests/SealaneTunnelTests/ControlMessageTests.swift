import SealaneTunnel
import Testing

/// By hand-made datagrams with flag bit 1: kind 1 byte, then number 4 bytes (1 probe, 2 answer) or reasons (3 close). An
/// answer has 2 bytes more: the longest datagram that came lately.
@Suite("Control messages") struct SessionNoteTests {
    @Test("a probe of any length is answered with its number and delivers no packet", arguments: [5, 6, 905, 1440])
    func answered(byteCount: Int) throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        _ = lane.host.popOutbox()
        let probe = [1, 9, 8, 1, 2] + [UInt8](repeating: 0, count: byteCount - 5)
        try lane.expectDrops([:]) { lane.receive(try session.sealed(probe, counter: 1, flags: 2)) }
        let answer = try #require(lane.host.popOutbox().last).bytes
        // IPv4 20, UDP 8, and of Sealane's own 32.
        let greatest = bigEndian(UInt16(byteCount + 60))
        #expect(try session.opened(answer, flags: 2)?.packet == [2, 9, 8, 1, 2] + greatest)
        #expect(lane.host.delivered.isEmpty)
    }

    @Test(
        "an answer contains the length of the longest datagram that arrived whole in the last seconds, and of no older one"
    )
    func greatest() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        var counter: UInt64 = 0
        func receive(_ content: [UInt8], flags: UInt8 = 0, fragment: UInt16 = 0) throws {
            counter += 1
            lane.host.receive(
                datagram: try session.sealed(content, counter: counter, flags: flags), from: lane.peer.endpoint,
                fragmentByteCount: fragment)
        }
        func answer() throws -> Int {
            _ = lane.host.popOutbox()
            try receive([1, 0, 0, 0, 7], flags: 2)
            let answer = try #require(lane.host.popOutbox().last).bytes
            let content = try #require(try session.opened(answer, flags: 2)).packet
            return Int(content[5]) << 8 | Int(content[6])
        }
        let packet = [UInt8](repeating: 0x45, count: 1000)
        try receive(packet)
        #expect(try answer() == 1060)
        lane.host.advance(by: .seconds(1))
        #expect(try answer() == 1060)
        lane.host.advance(by: .seconds(2))
        #expect(try answer() == 65)
        lane.host.advance(by: .seconds(2))
        try receive(packet, fragment: 600)
        #expect(try answer() == 65)
        // Whoever has not asked for long learns nothing of what may be long past.
        try receive(packet)
        lane.host.advance(by: .seconds(10))
        #expect(try answer() == 0)
    }

    @Test("a validating session sends a probe as long as both interfaces allow, and the answer proves that length")
    func probed() throws {
        let lane = try LaneFixture(interfaceMTU: 9001)
        lane.host.tunnel.provesMTU = true
        let session = try lane.peer.handshake(with: lane.host, mtu: 1500)
        lane.host.send(packet: lane.packetOut(7))
        lane.receive(try session.sealed([], counter: 0))
        #expect(lane.host.status?.state == .connecting)
        let sent = lane.host.popOutbox().map(\.bytes)
        let probe = try #require(sent.last)
        #expect(sent.count == 1)
        // IPv4 20, UDP 8.
        #expect(probe.count + 28 == 1500)
        let content = try #require(try session.opened(probe, flags: 2)).packet
        #expect(content[0] == 1 && content[5...].allSatisfy { $0 == 0 })
        lane.receive(try session.sealed([2, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], counter: 1, flags: 2))
        #expect(lane.host.status?.state == .connecting)
        lane.receive(try session.sealed([2] + content[1..<5] + [0, 0], counter: 2, flags: 2))
        #expect(lane.host.status?.state == .established)
        // The packet that waited.
        let waited = try #require(lane.host.popOutbox().last).bytes
        #expect(try session.opened(waited)?.packet == lane.packetOut(7))
    }

    @Test("every five seconds, the tunnel probes one of the lanes that send, each in turn")
    func probedByLane() throws {
        let lane = try LaneFixture(laneCount: 2)
        lane.host.tunnel.provesMTU = true
        let session = try lane.peer.handshake(with: lane.host)
        var counter: UInt64 = 0
        func say(_ content: [UInt8]) throws {
            lane.receive(try session.sealed(content, counter: counter, flags: content.isEmpty ? 0 : 2))
            counter += 1
        }
        /// Answers the probes that were sent, and tells which lanes sent long ones.
        func answerProbes() throws -> [UInt8] {
            var senders: [UInt8] = []
            for probe in lane.host.popOutbox().map(\.bytes) where probe[1] == 2 {
                let (content, _, sender) = try #require(try session.opened(probe, flags: 2))
                #expect(content.first == 1)
                try say([2] + content[1..<5] + [0, 0])
                if probe.count + 28 == 1500 { senders.append(sender) }
            }
            return senders
        }
        try say([])
        // One looks for what the path carries, the other whether lane 1 reaches the peer.
        #expect(try answerProbes().sorted() == [0, 1])
        #expect(lane.host.status?.state == .established)
        for (isOnFirst, isOnSecond, expected) in [
            (false, true, 1), (true, true, 0), (true, true, 1), (true, false, 0), (true, false, 0),
        ] as [(Bool, Bool, UInt8)] {
            lane.host.advance(by: .milliseconds(1))
            if isOnFirst { lane.host.send(packet: lane.packetOut(1)) }
            if isOnSecond { lane.host.send(packet: lane.packetOut(2), onSecondLane: true) }
            lane.host.tick()
            _ = try answerProbes()
            lane.host.advance(by: TunnelLimits.pathCheckInterval)
            lane.host.act()
            #expect(try answerProbes() == [expected])
        }
    }

    @Test("an unknown, short or long control message is dropped")
    func malformed() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        let reasons = [UInt8](repeating: 1, count: HandshakePayload.reasonsByteLimit + 1)
        let notes: [[UInt8]] = [
            [0], [1, 2, 3, 4], [2, 0, 0, 0], [2, 0, 0, 0, 1, 0], [2, 0, 0, 0, 1, 0, 0, 0], [4, 1, 2, 3, 4],
            [3] + reasons,
        ]
        for (counter, note) in notes.enumerated() {
            try lane.expectDrops([.malformedPacket: 1]) {
                lane.receive(try session.sealed(note, counter: UInt64(counter) + 1, flags: 2))
            }
        }
        #expect(lane.host.status?.state == .established)
    }

    @Test("under a flood, answers may be lost because probes are repeated, but no close message is lost")
    func flood() {
        #expect(LaneEvent.probeAnswered(SessionIndex(1), number: 1, greatest: 0).mayFlood)
        #expect(!LaneEvent.closed(SessionIndex(1), reasons: []).mayFlood)
    }

    @Test("a close message ends the peer's sessions and delivers its reasons")
    func closeMessage() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        lane.receive(try session.sealed([3] + Array("because".utf8), counter: 1, flags: 2))
        #expect(lane.host.status?.state == .refused)
        #expect(lane.host.status?.refusalByPeer == Array("because".utf8))
    }
}
