import SealanePacket
import SealaneTunnel
import Testing

/// What a driver that sends runs uses of a lane: the session once, then packet by packet into memory of its own.
@Suite("Sealing runs of packets on a lane") struct LaneRunTests {
    /// The datagram that `Lane.seal(_:isChecksumPartial:with:into:)` makes of the packet; nil: it was dropped.
    private func sealed(
        _ packet: [UInt8], isChecksumPartial: Bool = false, with session: SealingSession, _ lane: LaneFixture
    ) -> [UInt8]? {
        var memory = [UInt8](repeating: 0xEE, count: packet.count + TunnelLimits.sealOverhead + 1)
        let byteCount = memory.withUnsafeMutableBytes { memory in
            packet.withUnsafeBytes { packet in
                memory.baseAddress.map {
                    lane.host.lane.seal(packet, isChecksumPartial: isChecksumPartial, with: session, into: $0)
                } ?? 0
            }
        }
        #expect(memory.last == 0xEE, "nothing is written behind the datagram")
        return byteCount == 0 ? nil : Array(memory.prefix(byteCount))
    }

    private func sessionToSeal(for destination: IPAddress, _ lane: LaneFixture) -> SealingSession? {
        lane.host.lane.sealingSession(for: destination)
    }

    private func withPacket(_ bytes: [UInt8], _ body: (IPPacket) -> Void) throws {
        try bytes.withUnsafeBytes { body(try #require(IPPacket($0))) }
    }

    @Test(
        "the peer opens packets that were sealed into other memory, which share their counter with packets sealed in place"
    )
    func otherMemory() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        let sealing = try #require(sessionToSeal(for: lane.peerAddress, lane))
        #expect(sealing.destination == lane.peer.endpoint)
        #expect(sealing.packetByteLimit == 1440)
        let packets = [
            lane.packetOut(1), lane.packetOut(byteCount: 1440), lane.packetOut(byteCount: 40, isIPv4: false),
        ]
        var counter: UInt64 = 0
        for packet in packets {
            for isChecksumPartial in [false, true] {
                let datagram = try #require(
                    sealed(packet, isChecksumPartial: isChecksumPartial, with: sealing, lane))
                let opened = try #require(try session.opened(datagram, flags: isChecksumPartial ? 1 : 0))
                #expect(opened.packet == packet)
                #expect(opened.counter == counter)
                counter += 1
            }
            lane.host.send(packet: packet)
            let inPlace = try #require(lane.host.popOutbox().first).bytes
            #expect(try session.opened(inPlace)?.counter == counter)
            counter += 1
        }
        lane.host.tick()
        #expect(lane.host.status?.sent.packets == 9)
        #expect(lane.host.status?.sent.bytes == UInt64(packets.reduce(0) { $0 + 3 * $1.count }))
    }

    @Test("a lane has a session to seal with only for an address of a peer, and only while the session exists")
    func sealingSession() throws {
        let lane = try LaneFixture()
        #expect(sessionToSeal(for: lane.peerAddress, lane) == nil)
        let session = try lane.establish()
        let four = try #require(sessionToSeal(for: lane.peerAddress, lane))
        let six = try #require(sessionToSeal(for: lane.peerAddress6, lane))
        #expect(four.isSame(as: six))
        #expect(sessionToSeal(for: lane.ownAddress, lane) == nil)
        lane.host.lane.apply(.retire(SessionIndex(session.hostIndex)))
        #expect(sessionToSeal(for: lane.peerAddress, lane) == nil)
    }

    @Test("each peer has its own session")
    func otherPeer() throws {
        let lane = try LaneFixture()
        _ = try lane.establish()
        let another = try HandMadePeer(try #require(Endpoint("10.77.0.3:7325")), as: PeerID(1), seed: 5)
        another.introduce(to: lane.host, addresses: [])
        let table = PrefixTable([
            (try #require(IPPrefix("10.78.0.1/32")), UInt32(0)), (try #require(IPPrefix("10.78.0.9/32")), UInt32(1)),
        ])
        lane.host.lane.apply(.route(table, peerCount: 2))
        let other = try another.handshake(with: lane.host)
        lane.host.receive(datagram: try other.sealed([], counter: 0), from: another.endpoint)
        let first = try #require(sessionToSeal(for: lane.peerAddress, lane))
        let address = try #require(IPAddress("10.78.0.9"))
        let second = try #require(sessionToSeal(for: address, lane))
        #expect(!first.isSame(as: second))
        #expect(second.destination == another.endpoint)
    }

    @Test("an exhausted session seals no packet into other memory either, and counts each")
    func exhausted() throws {
        // A packet of 48 bytes and header and tag are 5 blocks.
        let lane = try LaneFixture(blockLimits: BlockLimits(rekey: 6, reject: 11))
        _ = try lane.establish()
        let sealing = try #require(sessionToSeal(for: lane.peerAddress, lane))
        let packet = lane.packetOut(byteCount: 48)
        lane.expectDrops([.sessionExhausted: 2]) {
            let datagrams = (0..<5).map { _ in sealed(packet, with: sealing, lane) }
            #expect(datagrams.map { $0 == nil } == [false, false, false, true, true])
        }
    }

    @Test("withheld packets leave in order once there is a session")
    func withheld() throws {
        let lane = try LaneFixture()
        for number in 0..<3 { try withPacket(lane.packetOut(UInt32(number))) { lane.host.lane.withhold($0) } }
        #expect(lane.host.lane.events.count == 1, "one session is asked for")
        lane.host.performOutputs()
        _ = lane.host.popOutbox()
        let session = try lane.establish()
        let packets = try lane.host.popOutbox().map { try session.opened($0.bytes)?.packet }
        #expect(packets == (0..<3).map { lane.packetOut(UInt32($0)) })
    }

    @Test("a packet withheld for no peer or for a refused peer is dropped and answered")
    func withheldInVain() throws {
        let lane = try LaneFixture()
        let nobody = numberedPacket(1, from: lane.ownAddress, to: try #require(IPAddress("10.78.0.99")))
        try lane.expectDrops([.noPeerForDestination: 1]) { try withPacket(nobody) { lane.host.lane.withhold($0) } }
        lane.host.lane.apply(.block(lane.peer.id, .refused))
        try lane.expectDrops([.peerRefused: 1]) {
            try withPacket(lane.packetOut(1)) { lane.host.lane.withhold($0) }
        }
        lane.host.performOutputs()
        // ICMP type and code.
        #expect(lane.host.replies.map { Array($0[20..<22]) } == [[3, 0], [3, 13]])
    }

    @Test("a super-packet whose segments are too big is refused as a whole, with the size that fits")
    func tooBig() throws {
        let lane = try LaneFixture()
        _ = try lane.establish(mtu: 1400)
        let sealing = try #require(sessionToSeal(for: lane.peerAddress, lane))
        try lane.expectDrops([.packetTooBig: 1]) {
            try withPacket(lane.packetOut(byteCount: 60_000)) { lane.host.lane.refuseTooBig($0, for: sealing) }
        }
        lane.host.performOutputs()
        let answer = try #require(lane.host.replies.first)
        #expect(Array(answer[20..<22]) == [3, 4])
        #expect(Array(answer[26..<28]) == bigEndian(UInt16(1340)))
        lane.host.tick()
        #expect(lane.host.status?.packetsTooBig == 1)
    }

    @Test("a packet that was sealed with the flag of a partial checksum is opened with it", arguments: [0, 1])
    func partialChecksum(flags: UInt8) throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        var datagram = try session.sealed(lane.packetIn(1), counter: 1, flags: flags)
        let opened = try datagram.withUnsafeMutableBytes { datagram in
            lane.host.lane.open(
                try #require(datagram.baseAddress), byteCount: datagram.count, lane.arrival)
        }
        guard case .packet(let byteCount, let isChecksumPartial) = opened else {
            Issue.record("\(opened)")
            return
        }
        #expect(byteCount == lane.packetIn(1).count)
        #expect(isChecksumPartial == (flags == 1))
    }
}
