import SealanePacket
import Testing

private func counts(
    _ packets: [SamplePacket], flowLimit: Int = 8, segmentLimit: Int = 64, kinds: Coalescer.Kinds = .all
) -> [Int] {
    CoalescerScene.runs(of: packets, flowLimit: flowLimit, segmentLimit: segmentLimit, kinds: kinds).map(\.packetCount)
}

@Suite struct CoalescerTests {
    @Test(arguments: [true, false], [true, false])
    func `consecutive segments become their super-packet again`(isIPv4: Bool, isTCP: Bool) {
        for checksum in [SamplePacket.Checksum.full, .partial] {
            let whole = SamplePacket(isIPv4: isIPv4, isTCP: isTCP, payload: filler(950), checksum: .partial)
            let packets = whole.segments(of: 100, checksum: checksum)
            let runs = CoalescerScene.runs(of: packets)
            #expect(runs.count == 1)
            #expect(runs.first?.bytes == whole.bytes)
            #expect(runs.first?.header == whole.virtioHeader(segmentByteCount: 100))
            let headers = whole.headerByteCount
            #expect(runs.first?.pieceCounts == [10, headers + 100] + Array(repeating: 100, count: 8) + [50])
            #expect(runs.first?.restored == packets.map(\.bytes))
            let alone = runs.first?.headerForOne
            #expect(alone?.segmentation == VirtioNetHeader.single)
            #expect(alone?.isChecksumPartial == (checksum == .partial))
        }
    }

    @Test func `a single packet is written unchanged`() {
        for checksum in [SamplePacket.Checksum.full, .partial, .wrong, .none] {
            for isTCP in [true, false] {
                var packet = SamplePacket(isTCP: isTCP, payload: filler(100), checksum: checksum)
                packet.isIPChecksumWrong = checksum == .wrong
                let runs = CoalescerScene.runs(of: [packet])
                let partial = VirtioNetHeader(
                    flags: VirtioNetHeader.needsChecksum, checksumStart: 20, checksumOffset: isTCP ? 16 : 6)
                #expect(runs.map(\.bytes) == [packet.bytes])
                #expect(runs.map(\.restored) == [[packet.bytes]])
                #expect(runs.map(\.header) == [checksum == .partial ? partial : VirtioNetHeader()])
                #expect(runs.map(\.headerForOne) == runs.map(\.header))
            }
        }
    }

    @Test func `PSH ends a run and is set in its header`() {
        var packets = SamplePacket.train(6, of: 100)
        packets[2].flags |= 0x08
        let runs = CoalescerScene.runs(of: packets)
        #expect(runs.map(\.packetCount) == [3, 3])
        #expect(runs.map { $0.bytes[33] } == [0x18, 0x10])
        packets[0].flags |= 0x08
        #expect(counts(packets) == [1, 2, 3])
    }

    @Test func `a short segment ends a run`() {
        for isTCP in [true, false] {
            var packets = SamplePacket.train(6, of: 100, isTCP: isTCP)
            packets[2].payload.removeLast()
            for at in 3..<6 { packets[at].sequence &-= 1 }
            #expect(counts(packets) == [3, 3])
            packets[4].payload += [1]
            #expect(counts(packets) == (isTCP ? [3, 1, 1, 1] : [3, 1, 2]))
        }
    }

    @Test func `any difference in the headers ends a run`() {
        let changes: [(String, (inout SamplePacket) -> Void)] = [
            ("ECN", { $0.trafficClass ^= 3 }), ("DSCP", { $0.trafficClass ^= 0x40 }), ("TTL", { $0.hopLimit -= 1 }),
            ("port", { $0.destinationPort += 1 }), ("source", { $0.sourceHost += 1 }),
            ("destination", { $0.destinationHost += 1 }), ("checksum", { $0.checksum = .wrong }),
        ]
        let ipv4: [(String, (inout SamplePacket) -> Void)] = [
            ("DF", { $0.fragment = 0 }), ("reserved bit", { $0.fragment = 0xC000 }),
            ("more fragments", { $0.fragment = 0x2000 }), ("identification", { $0.identification += 7 }),
            ("option", { $0.options = [1, 1, 1, 0] }), ("IP checksum", { $0.isIPChecksumWrong = true }),
        ]
        let ipv6: [(String, (inout SamplePacket) -> Void)] = [
            ("flow label", { $0.flowLabel += 1 }), ("extension", { $0.extensions = [(60, [1, 4, 0, 0, 0, 0])] }),
        ]
        let tcp: [(String, (inout SamplePacket) -> Void)] = [
            ("acknowledgement", { $0.acknowledged += 1 }), ("window", { $0.window += 1 }),
            ("urgent pointer", { $0.urgent = 1 }), ("gap", { $0.sequence += 1 }), ("again", { $0.sequence -= 100 }),
            ("options", { $0.tcpOptions = [1, 1, 1, 0] }), ("SYN", { $0.flags |= 2 }), ("FIN", { $0.flags |= 1 }),
            ("RST", { $0.flags |= 4 }), ("URG", { $0.flags |= 0x20 }), ("ECE", { $0.flags |= 0x40 }),
            ("CWR", { $0.flags |= 0x80 }), ("no ACK", { $0.flags = 0 }),
        ]
        let udp: [(String, (inout SamplePacket) -> Void)] = [("no checksum", { $0.checksum = .none })]
        for isIPv4 in [true, false] {
            for isTCP in [true, false] {
                for (name, change) in changes + (isIPv4 ? ipv4 : ipv6) + (isTCP ? tcp : udp) {
                    var packets = SamplePacket.train(2, of: 100, isIPv4: isIPv4, isTCP: isTCP)
                    change(&packets[1])
                    #expect(
                        counts(packets) == [1, 1], "\(name), \(isIPv4 ? "IPv4" : "IPv6"), \(isTCP ? "TCP" : "UDP")")
                    let written = CoalescerScene.runs(of: packets).flatMap { $0.packets(isChecksumPartial: false) }
                    #expect(Set(written) == Set(packets.map(\.bytes)), "\(name)")
                }
            }
        }
    }

    @Test func `a wrong checksum of the first packet is not repaired`() {
        for isTCP in [true, false] {
            var packets = SamplePacket.train(3, of: 100, isTCP: isTCP)
            packets[0].checksum = .wrong
            #expect(counts(packets) == [1, 2])
            packets[0].checksum = .full
            packets[0].isIPChecksumWrong = true
            #expect(counts(packets) == [1, 2])
            packets = SamplePacket.train(3, of: 100, isTCP: isTCP, checksum: .partial)
            packets[1].checksum = .full
            #expect(counts(packets) == [1, 1, 1])
        }
    }

    @Test func `identifications must count up, or be constant with DF`() {
        var packets = SamplePacket.train(4, of: 100)
        for at in 0..<4 { packets[at].identification = 0 }
        #expect(counts(packets) == [4])
        for at in 0..<4 { packets[at].fragment = 0 }
        #expect(counts(packets) == [1, 1, 1, 1])
        for at in 0..<4 { packets[at].identification = 0xFFFE + at }
        #expect(counts(packets) == [4])
        for at in 0..<4 { packets[at].fragment = 0x4000 }
        packets[2].identification = 0xFFFE
        packets[3].identification = 0xFFFF
        #expect(counts(packets) == [2, 2])
    }

    @Test func `empty segments are written alone and in order`() {
        for isTCP in [true, false] {
            var packets = SamplePacket.train(4, of: 100, isTCP: isTCP)
            packets[2].payload = []
            let runs = CoalescerScene.runs(of: packets)
            #expect(runs.map(\.packetCount) == [2, 1, 1])
            #expect(runs.flatMap(\.restored) == packets.map(\.bytes))
        }
    }

    @Test func `a run stays below 64 KiB and its segment limit`() {
        for isIPv4 in [true, false] {
            let runs = CoalescerScene.runs(of: SamplePacket.train(9, of: 8948, isIPv4: isIPv4))
            #expect(runs.map(\.packetCount) == [7, 2])
            #expect(runs.allSatisfy { $0.bytes.count <= 65535 })
        }
        let packets = SamplePacket.train(9, of: 30, isTCP: false)
        #expect(counts(packets, segmentLimit: 4) == [4, 4, 1])
        #expect(counts(packets, segmentLimit: 1) == Array(repeating: 1, count: 9))
        #expect(counts(packets, segmentLimit: -5) == Array(repeating: 1, count: 9))
        #expect(counts(SamplePacket.train(1, of: 65495)) == [1])
    }

    @Test func `interleaved flows do not end each other's runs`() {
        let trains = (0..<8).map { flow in
            SamplePacket.train(5, of: 100, isIPv4: flow % 2 == 0, isTCP: flow < 4).map { packet in
                var packet = packet
                packet.sourcePort += flow
                return packet
            }
        }
        let mixed = (0..<5).flatMap { at in trains.map { $0[at] } }
        #expect(counts(mixed) == Array(repeating: 5, count: 8))
        // With room for fewer flows, the oldest run leaves, and no packet is lost.
        let runs = CoalescerScene.runs(of: mixed, flowLimit: 3)
        #expect(runs.map(\.packetCount) == Array(repeating: 1, count: 40))
        #expect(runs.flatMap(\.restored) == mixed.map(\.bytes))
    }

    @Test func `each kind can be switched off`() {
        let kinds: [(Coalescer.Kinds, Bool, Bool)] = [
            (.tcpIPv4, true, true), (.tcpIPv6, false, true), (.udpIPv4, true, false), (.udpIPv6, false, false),
        ]
        for (kind, isIPv4, isTCP) in kinds {
            let packets = SamplePacket.train(3, of: 100, isIPv4: isIPv4, isTCP: isTCP)
            #expect(counts(packets, kinds: kind) == [3])
            #expect(counts(packets, kinds: Coalescer.Kinds.all.subtracting(kind)) == [1, 1, 1])
        }
    }

    @Test func `a fragment keeps its place among the packets between its addresses`() throws {
        var packets = SamplePacket.train(4, of: 100, isTCP: false).map(\.bytes)
        let fragment = try SampleIPv4(fragment: 0x00B9).bytes()
        packets.insert(fragment, at: 2)
        var scene = CoalescerScene()
        for packet in packets { #expect(scene.add(packet) == .accepted) }
        scene.flush()
        #expect(scene.runs.map(\.packetCount) == [2, 1, 2])
        #expect(scene.runs.flatMap(\.restored) == packets)
        // A fragment between other hosts changes nothing.
        packets[2] = try SampleIPv4(source: "10.78.0.9", fragment: 0x00B9).bytes()
        scene.runs = []
        for packet in packets { #expect(scene.add(packet) == .accepted) }
        scene.flush()
        #expect(scene.runs.map(\.packetCount) == [1, 4])
    }

    @Test func `bytes that are not a packet, and a partial checksum without a field, are refused`() throws {
        var scene = CoalescerScene()
        #expect(scene.add([]) == .refused)
        #expect(scene.add([0x45, 0, 0]) == .refused)
        #expect(scene.add(SamplePacket(payload: filler(9)).bytes + [0]) == .refused)
        #expect(scene.add(try SampleIPv4(protocolNumber: 1).bytes(), isChecksumPartial: true) == .refused)
        #expect(scene.add(try SampleIPv4(fragment: 1).bytes(), isChecksumPartial: true) == .refused)
        #expect(scene.add(try SampleIPv4(protocolNumber: 1).bytes()) == .accepted)
        scene.flush()
        #expect(scene.runs.count == 1)
    }

    @Test func `a caller that takes no runs gets full`() {
        var coalescer = Coalescer(flowLimit: 2)
        let memory = (0..<4).map { port in
            PacketMemory(SamplePacket(sourcePort: port, flags: 0x18, payload: filler(10)).bytes)
        }
        defer { for packet in memory { packet.deallocate() } }
        let results = memory.map { coalescer.add($0.start, count: $0.count) }
        #expect(results == [.accepted, .accepted, .accepted, .full])
        var taken = 0
        while coalescer.nextRun() != nil { taken += 1 }
        #expect(taken == 3)
        #expect(coalescer.add(memory[3].start, count: memory[3].count) == .accepted)
    }

    @Test func `a flushed batch leaves nothing behind`() {
        var scene = CoalescerScene()
        let packets = SamplePacket.train(6, of: 100).map(\.bytes)
        for packet in packets[..<3] { _ = scene.add(packet) }
        #expect(scene.runs.isEmpty)
        scene.flush()
        #expect(scene.runs.map(\.packetCount) == [3])
        scene.flush()
        for packet in packets[3...] { _ = scene.add(packet) }
        scene.flush()
        #expect(scene.runs.map(\.packetCount) == [3, 3])
    }
}
