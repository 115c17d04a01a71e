import SealanePacket
import SealaneTunnel
import Testing

/// What a lane sends, and what it says about packets that it does not send.
@Suite("Sealing packets on a lane") struct LaneSealTests {
    /// Type, code, the 4 bytes after the checksum, and source and destination of an ICMP or ICMPv6 answer.
    private struct Answer: Equatable {
        let type: UInt8
        let code: UInt8
        let rest: UInt32
        let source: IPAddress
        let destination: IPAddress

        init(_ type: UInt8, _ code: UInt8, _ rest: UInt32, from source: IPAddress, to destination: IPAddress) {
            (self.type, self.code, self.rest, self.source, self.destination) = (type, code, rest, source, destination)
        }

        init(_ packet: [UInt8]) throws {
            let isIPv4 = try #require(packet.first) >> 4 == 4
            #expect(packet[isIPv4 ? 9 : 6] == (isIPv4 ? 1 : 58), "ICMP")
            let message = packet.dropFirst(isIPv4 ? 20 : 40)
            type = try #require(message.first)
            code = message[message.startIndex + 1]
            rest = message.dropFirst(4).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
            source = try #require(IPAddress(bytes: isIPv4 ? packet[12..<16] : packet[8..<24]))
            destination = try #require(IPAddress(bytes: isIPv4 ? packet[16..<20] : packet[24..<40]))
        }
    }

    private func answers(_ lane: LaneFixture) throws -> [Answer] {
        defer { lane.host.replies = [] }
        return try lane.host.replies.map { try Answer($0) }
    }

    @Test("a packet that is not a whole IP packet is malformed and not answered")
    func malformed() throws {
        let lane = try LaneFixture()
        let whole = lane.packetOut(1)
        lane.expectDrops([.malformedLocalPacket: 4]) {
            for packet in [[], [0x45], Array(whole.dropLast()), whole + [0]] { lane.host.send(packet: packet) }
        }
        #expect(lane.host.replies.isEmpty)
        #expect(lane.host.popOutbox().isEmpty)
    }

    @Test("an IPv6 packet from or to an IPv4-mapped address is malformed, in either direction")
    func mapped() throws {
        let lane = try LaneFixture()
        let session = try lane.establish()
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        var toPeer = lane.packetOut(byteCount: 60, isIPv4: false)
        toPeer.replaceSubrange(24..<40, with: mapped + lane.peerAddress.bytes)
        lane.expectDrops([.malformedLocalPacket: 1]) { lane.host.send(packet: toPeer) }
        #expect(lane.host.popOutbox().isEmpty)
        var fromPeer = lane.packetOut(byteCount: 60, isIPv4: false)
        fromPeer.replaceSubrange(8..<40, with: mapped + lane.peerAddress.bytes + lane.ownAddress6.bytes)
        var toMapped = lane.packetOut(byteCount: 60, isIPv4: false)
        toMapped.replaceSubrange(8..<40, with: lane.peerAddress6.bytes + mapped + lane.ownAddress.bytes)
        try lane.expectDrops([.malformedPacket: 2]) {
            lane.receive(try session.sealed(fromPeer, counter: 1))
            lane.receive(try session.sealed(toMapped, counter: 2))
        }
        #expect(lane.host.delivered.isEmpty)
    }

    @Test("a packet to an address of no peer is answered with no route, in its destination's name")
    func noPeer() throws {
        let lane = try LaneFixture()
        let nobody = try #require(IPAddress("10.78.0.99"))
        let nobody6 = try #require(IPAddress("fd78::99"))
        var packet6 = lane.packetOut(byteCount: 60, isIPv4: false)
        packet6.replaceSubrange(24..<40, with: nobody6.bytes)
        lane.expectDrops([.noPeerForDestination: 2]) {
            lane.host.send(packet: numberedPacket(1, from: lane.ownAddress, to: nobody))
            lane.host.send(packet: packet6)
        }
        #expect(
            try answers(lane) == [
                Answer(3, 0, 0, from: nobody, to: lane.ownAddress),
                Answer(1, 0, 0, from: nobody6, to: lane.ownAddress6),
            ])
    }

    @Test("a packet to a blocked peer is answered in the peer's name, and so is one that waited")
    func blockedPeer() throws {
        let lane = try LaneFixture()
        lane.expectDrops([:]) { lane.host.send(packet: lane.packetOut(1)) }
        #expect(lane.host.replies.isEmpty, "it waits")
        lane.expectDrops([.peerRefused: 3]) {
            lane.host.lane.apply(.block(lane.peer.id, .refused))
            lane.host.send(packet: lane.packetOut(2))
            lane.host.send(packet: lane.packetOut(byteCount: 60, isIPv4: false))
        }
        let prohibited = Answer(3, 13, 0, from: lane.peerAddress, to: lane.ownAddress)
        #expect(
            try answers(lane) == [
                prohibited, prohibited, Answer(1, 1, 0, from: lane.peerAddress6, to: lane.ownAddress6),
            ])
        lane.expectDrops([.peerUnreachable: 2]) {
            lane.host.lane.apply(.block(lane.peer.id, .unreachable))
            lane.host.send(packet: lane.packetOut(2))
            lane.host.send(packet: lane.packetOut(byteCount: 60, isIPv4: false))
        }
        #expect(
            try answers(lane) == [
                Answer(3, 1, 0, from: lane.peerAddress, to: lane.ownAddress),
                Answer(1, 3, 0, from: lane.peerAddress6, to: lane.ownAddress6),
            ])
        // Once it is lifted, packets wait again.
        lane.expectDrops([:]) {
            lane.host.lane.apply(.block(lane.peer.id, nil))
            lane.host.send(packet: lane.packetOut(3))
        }
        #expect(lane.host.replies.isEmpty)
    }

    @Test("a packet that is too long for the interfaces is answered with the size that fits, and that size fits")
    func tooBig() throws {
        // Underlay 1500 and 1400 over IPv4: 1400 - 20 - 8 - 32.
        let lane = try LaneFixture(interfaceMTU: 1500)
        let session = try lane.establish(mtu: 1400)
        lane.expectDrops([.packetTooBig: 2]) {
            lane.host.send(packet: lane.packetOut(byteCount: 1341))
            lane.host.send(packet: lane.packetOut(byteCount: 1341, isIPv4: false))
        }
        #expect(lane.host.popOutbox().isEmpty)
        #expect(
            try answers(lane) == [
                Answer(3, 4, 1340, from: lane.peerAddress, to: lane.ownAddress),
                Answer(2, 0, 1340, from: lane.peerAddress6, to: lane.ownAddress6),
            ])
        for isIPv4 in [true, false] {
            let packet = lane.packetOut(byteCount: 1340, isIPv4: isIPv4)
            lane.expectDrops([:]) { lane.host.send(packet: packet) }
            let datagram = try #require(lane.host.popOutbox().first).bytes
            #expect(datagram.count + 28 == 1400)
            #expect(try session.opened(datagram)?.packet == packet)
        }
        lane.host.tick()
        #expect(lane.host.status?.packetsTooBig == 2)
    }

    @Test("the limit is the smaller interface MTU minus 60 over IPv4 and 80 over IPv6, and never below 68")
    func limits() throws {
        let overIPv6 = try SimulatedHost(
            endpoint: try #require(Endpoint("[fd00::2]:7325")), seed: 3, interfaceMTU: 9001)
        let peer = try HandMadePeer(try #require(Endpoint("[fd00::1]:7325")))
        peer.introduce(to: overIPv6, addresses: [try #require(IPPrefix("10.78.0.1/32"))])
        let expected: [(UInt32, Int)] = [(9001, 8921), (1500, 1420), (UInt32.max, 8921), (100, 68), (0, 68)]
        for (at, (mtu, limit)) in expected.enumerated() {
            let session = try peer.handshake(with: overIPv6, ownIndex: UInt32(at), mtu: mtu)
            overIPv6.receive(datagram: try session.sealed([], counter: 0), from: peer.endpoint)
            #expect(overIPv6.status?.session?.packetByteLimit == limit, "\(mtu)")
        }
    }

    @Test("an ICMP error is not answered with another one, and a lane sends at most a hundred at once")
    func errorAllowance() throws {
        let lane = try LaneFixture()
        lane.host.lane.apply(.block(lane.peer.id, .refused))
        var error = lane.packetOut(byteCount: 60)
        error[9] = 1
        error[20] = 3
        lane.expectDrops([.peerRefused: 1]) { lane.host.send(packet: error) }
        #expect(lane.host.replies.isEmpty)
        func replies(to count: Int) -> Int {
            lane.expectDrops([.peerRefused: UInt64(count)]) {
                for number in 0..<count { lane.host.send(packet: lane.packetOut(UInt32(number))) }
            }
            defer { lane.host.replies = [] }
            return lane.host.replies.count
        }
        #expect(replies(to: 250) == 100)
        lane.host.advance(by: .milliseconds(7))
        #expect(replies(to: 50) == 7)
        lane.host.advance(by: .seconds(10))
        #expect(replies(to: 250) == 100)
    }

    @Test(
        "at most 64 packets per peer wait, the oldest is dropped first, and all leave in order once there is a session")
    func waitingPerPeer() throws {
        let lane = try LaneFixture()
        lane.expectDrops([.waitingQueueFull: 6]) {
            for number in 0..<70 { lane.host.send(packet: lane.packetOut(UInt32(number))) }
        }
        _ = lane.host.popOutbox()
        let session = try lane.establish()
        let numbers = try lane.host.popOutbox().map { number(of: try #require(try session.opened($0.bytes)).packet) }
        #expect(numbers == Array(6..<70))
        // Nothing is left over for the next session.
        lane.host.lane.apply(.retire(SessionIndex(session.hostIndex)))
        lane.host.lane.apply(.block(lane.peer.id, .unreachable))
        #expect(lane.host.replies.isEmpty)
    }

    @Test("a lane keeps at most 1 MiB for all peers together, and all of it is free again after the packets have left")
    func waitingPerLane() throws {
        let lane = try LaneFixture()
        let addresses = try (0..<40).map { (try #require(IPPrefix("10.79.0.\($0)/32")), UInt32($0)) }
        lane.host.lane.apply(.route(PrefixTable(addresses), peerCount: 40))
        func send(to peer: Int) {
            var packet = lane.packetOut(byteCount: 1024)
            packet.replaceSubrange(16..<20, with: [10, 79, 0, UInt8(peer)])
            lane.host.send(packet: packet)
        }
        // 16 peers with 64 packets of 1024 bytes each: 2^20 bytes.
        lane.expectDrops([:]) {
            for peer in 0..<16 { for _ in 0..<64 { send(to: peer) } }
        }
        lane.expectDrops([.waitingQueueFull: 2]) {
            send(to: 16)
            send(to: 3)
        }
        lane.expectDrops([.peerUnreachable: 64]) { lane.host.lane.apply(.block(PeerID(3), .unreachable)) }
        lane.expectDrops([.waitingQueueFull: 1]) { for _ in 0..<65 { send(to: 16) } }
    }

    @Test("until there is an answer, a lane requests a session once, however many packets wait")
    func askedOnce() throws {
        let lane = try LaneFixture()
        func wanted() -> Int {
            defer { lane.host.lane.events = [] }
            return lane.host.lane.events.count { if case .sessionWanted = $0 { true } else { false } }
        }
        func send() { _ = lane.host.lane.seal(lane.packetOut(1)) }
        for _ in 0..<5 { send() }
        #expect(wanted() == 1)
        send()
        #expect(wanted() == 0)
        lane.host.lane.apply(.block(lane.peer.id, .refused))
        for _ in 0..<5 { send() }
        #expect(wanted() == 1)
    }

    @Test("a keepalive has a header and a tag, goes to the peer's lane, and uses a counter of its own")
    func keepalive() throws {
        let lane = try LaneFixture()
        let session = try lane.establish(laneCount: 3)
        lane.host.lane.apply(.sendKeepalive(SessionIndex(session.hostIndex)))
        lane.host.lane.apply(.sendKeepalive(SessionIndex(session.hostIndex &+ 1)))
        lane.host.performOutputs()
        let sent = lane.host.popOutbox()
        #expect(sent.count == 1)
        let keepalive = try #require(sent.first)
        #expect(keepalive.bytes.count == 32 && keepalive.to == lane.peer.endpoint)
        #expect(try session.opened(keepalive.bytes)?.packet == [])
        lane.host.send(packet: lane.packetOut(1))
        #expect(try session.opened(try #require(lane.host.popOutbox().first).bytes)?.counter == 1)
        lane.host.tick()
        #expect(lane.host.status?.sent == lane.host.status.map { _ in traffic(1, lane.packetOut(1).count) })
    }

    private func traffic(_ packets: UInt64, _ bytes: Int) -> Traffic {
        var traffic = Traffic()
        traffic.packets = packets
        traffic.bytes = UInt64(bytes)
        return traffic
    }

    @Test("the driver's drops are counted by reason")
    func driversDrops() throws {
        let lane = try LaneFixture()
        let reasons: [DropReason] = [.sendFailed, .interfaceFull, .datagramOversized]
        for reason in reasons { lane.expectDrops([reason: 1]) { lane.host.lane.count(reason) } }
        #expect(Set(DropReason.allCases.map(\.name)).count == DropReason.allCases.count)
    }
}
