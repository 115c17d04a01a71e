import SealanePacket
import TestSupport
import Testing

/// A sample packet of either family and protocol.
private let kinds: [(isIPv4: Bool, isTCP: Bool)] = [(true, true), (true, false), (false, true), (false, false)]

private func sample(_ isIPv4: Bool, _ isTCP: Bool, payload: Int) -> SamplePacket {
    SamplePacket(isIPv4: isIPv4, isTCP: isTCP, payload: filler(payload), checksum: .partial)
}

@Suite struct SegmenterTests {
    @Test(arguments: [true, false], [true, false])
    func `a super-packet is segmented at its segment size`(isIPv4: Bool, isTCP: Bool) {
        for payload in [0, 1, 99, 100, 101, 200, 250, 4000] {
            let packet = sample(isIPv4, isTCP, payload: payload)
            let cut = Cut(packet.bytes, packet.virtioHeader(segmentByteCount: 100), .complete)
            #expect(cut.refusal == nil)
            #expect(cut.segments == packet.segments(of: 100, checksum: .full).map(\.bytes))
            #expect(cut.announced == cut.segments.count)
            #expect(cut.longest == cut.segments.map(\.count).max())
            #expect(!cut.isChecksumPartial)
        }
    }

    @Test func `random super-packets of every shape are segmented like the model's`() {
        var random = SeededRandom(seed: 20)
        for round in 0..<500 {
            var packet = SamplePacket.random(using: &random)
            packet.checksum = .partial
            // ACK, FIN, PSH, ECE and CWR in every combination.
            packet.flags = (UInt8.random(in: 0...255, using: &random) & 0xC9) | 0x10
            packet.urgent = Int.random(in: 0...0xFFFF, using: &random)
            let size = [1, 2, 7, 36, 536, 537, 1388, 1389, 8948, 65535].randomElement(using: &random) ?? 1
            let room = 65535 - packet.headerByteCount
            let most = round % 25 == 0 ? room : min(room, size * 60, 9000)
            packet.payload = random.bytes(round % 50 == 0 ? room : Int.random(in: 0...most, using: &random))
            if size == 1, packet.payload.count > 500 { packet.payload.removeLast(packet.payload.count - 500) }
            let header = packet.virtioHeader(segmentByteCount: size)
            for (mode, checksum) in [
                (Segmenter.Checksums.complete, SamplePacket.Checksum.full), (.leavePartial, .partial),
            ] {
                let expected = packet.segments(of: size, checksum: checksum).map(\.bytes)
                let cut = Cut(packet.bytes, header, mode, inPlace: round % 2 == 0)
                #expect(cut.refusal == nil)
                #expect(cut.segments == expected, "round \(round)")
                #expect(cut.isChecksumPartial == (mode == .leavePartial))
            }
        }
    }

    @Test func `the longest IPv6 packet is segmented`() {
        let packet = SamplePacket(isIPv4: false, payload: filler(65535 - 20), checksum: .partial)
        let cut = Cut(packet.bytes, packet.virtioHeader(segmentByteCount: 1388), .complete)
        #expect(cut.segments == packet.segments(of: 1388, checksum: .full).map(\.bytes))
        #expect(packet.bytes.count == 65575)
    }

    @Test func `TCP flags are set in the segment where they apply`() {
        var packet = sample(true, true, payload: 250)
        // CWR, ECE, ACK, PSH, FIN.
        packet.flags = 0xD9
        let cut = Cut(packet.bytes, packet.virtioHeader(segmentByteCount: 100), .complete)
        #expect(cut.segments.map { $0[33] } == [0xD0, 0x50, 0x59])
    }

    @Test func `sequence numbers and identifications wrap around`() {
        var packet = sample(true, true, payload: 300)
        packet.sequence = .max - 99
        packet.identification = 0xFFFF
        let cut = Cut(packet.bytes, packet.virtioHeader(segmentByteCount: 100), .complete)
        #expect(cut.segments.map { Array($0[24..<28]) } == [[255, 255, 255, 156], [0, 0, 0, 0], [0, 0, 0, 100]])
        #expect(cut.segments.map { Array($0[4..<6]) } == [[0xFF, 0xFF], [0, 0], [0, 1]])
    }

    @Test func `a super-packet without a partial checksum is segmented in the same way`() {
        var packet = sample(false, true, payload: 250)
        packet.checksum = .full
        var header = packet.virtioHeader(segmentByteCount: 100)
        (header.flags, header.checksumStart, header.checksumOffset) = (0, 0, 0)
        #expect(Cut(packet.bytes, header, .complete).segments == packet.segments(of: 100, checksum: .full).map(\.bytes))
    }

    @Test func `the virtio header's hint of the header length is ignored`() {
        let packet = sample(true, true, payload: 250)
        var header = packet.virtioHeader(segmentByteCount: 100)
        let expected = Cut(packet.bytes, header, .complete).segments
        for hint in [0, 1, 53, 290, 65535] as [UInt16] {
            header.headerByteCount = hint
            #expect(Cut(packet.bytes, header, .complete).segments == expected)
        }
    }

    @Test(arguments: [true, false], [true, false])
    func `a single packet's checksum is completed or left partial`(isIPv4: Bool, isTCP: Bool) {
        for payload in [0, 1, 77, 1400] {
            let packet = sample(isIPv4, isTCP, payload: payload)
            var header = packet.virtioHeader(segmentByteCount: 0)
            header.segmentation = VirtioNetHeader.single
            let completed = Cut(packet.bytes, header, .complete)
            #expect(completed.segments == packet.segments(of: 2000, checksum: .full).map(\.bytes))
            #expect(!completed.isChecksumPartial)
            let left = Cut(packet.bytes, header, .leavePartial, inPlace: false)
            #expect(left.segments == [packet.bytes])
            #expect(left.isChecksumPartial)
        }
    }

    @Test func `a UDP checksum of zero is sent as all ones`() {
        // The payload makes the sum FFFF.
        var packet = sample(true, false, payload: 2)
        packet.payload = [0, 0]
        packet.checksum = .full
        let sum = Int(packet.bytes[26]) << 8 | Int(packet.bytes[27])
        packet.payload = twoBytes(sum)
        #expect(Array(packet.bytes[26..<28]) == [0xFF, 0xFF])
        var partial = packet
        partial.checksum = .partial
        var header = partial.virtioHeader(segmentByteCount: 100)
        #expect(Cut(partial.bytes, header, .complete).segments == [packet.bytes])
        header.segmentation = VirtioNetHeader.single
        #expect(Cut(partial.bytes, header, .complete).segments == [packet.bytes])
    }

    @Test func `a single packet with a complete checksum stays unchanged`() throws {
        let packets = [
            try SampleIPv4(protocolNumber: 1).bytes(), try SampleIPv4(fragment: 0x2000).bytes(),
            try SampleIPv6(nextHeader: 58).bytes(), try SampleIPv6(nextHeader: 89).bytes(),
            try SampleIPv4(payload: []).bytes(), try SampleIPv6(nextHeader: 59, payload: []).bytes(),
        ]
        for bytes in packets {
            for flags in [0, VirtioNetHeader.dataValid] {
                let cut = Cut(bytes, VirtioNetHeader(flags: flags), .leavePartial)
                #expect(cut.segments == [bytes])
                #expect(!cut.isChecksumPartial)
            }
        }
    }

    @Test func `a checksum that a receiver could not locate is completed`() throws {
        // ICMPv6, and one that starts in the middle of a TCP packet, like that of an inner tunnel.
        let echo = try SampleIPv6(nextHeader: 58, payload: [128, 0, 0x12, 0x34, 0, 1, 0, 2, 9]).bytes()
        let inner = sample(true, true, payload: 60)
        for (bytes, start, offset) in [(echo, 40, 2), (inner.bytes, 48, 16), (inner.bytes, 20, 6)] {
            let header = VirtioNetHeader(
                flags: VirtioNetHeader.needsChecksum, checksumStart: UInt16(start), checksumOffset: UInt16(offset))
            let cut = Cut(bytes, header, .leavePartial)
            var expected = bytes
            let value = 0xFFFF - slowSum(Array(bytes[start...]))
            expected.replaceSubrange(start + offset..<start + offset + 2, with: twoBytes(value))
            #expect(cut.segments == [expected])
            #expect(!cut.isChecksumPartial)
        }
    }

    @Test func `a packet started over has complete checksums`() throws {
        // UDP keeps a partial checksum at first; GRE's checksum is completed at once.
        let udp = sample(false, true, payload: 60)
        let gre = try SampleIPv4(protocolNumber: 47, payload: [0x80, 0, 8, 0, 0, 0, 0, 0, 1, 2, 3, 4]).bytes()
        for (bytes, offset) in [(udp.bytes, 6), (gre, 4)] {
            let header = VirtioNetHeader(
                flags: VirtioNetHeader.needsChecksum, checksumStart: 20, checksumOffset: UInt16(offset))
            let expected = Cut(bytes, header, .complete).segments
            let memory = PacketMemory(bytes)
            defer { memory.deallocate() }
            var segmenter = Segmenter()
            let packet = memory.start
            #expect(segmenter.begin(packet, count: bytes.count, header: header, checksums: .leavePartial) == nil)
            #expect(segmenter.beginAgainWithWholeChecksums(packet, count: bytes.count, header: header) == nil)
            #expect(segmenter.next().map { Array($0) } == expected.first)
        }
    }

    @Test func `a slot that is too short does not advance to the next segment`() {
        let packet = sample(true, true, payload: 250)
        let memory = PacketMemory(packet.bytes)
        defer { memory.deallocate() }
        var segmenter = Segmenter()
        let header = packet.virtioHeader(segmentByteCount: 100)
        #expect(segmenter.begin(memory.start, count: memory.count, header: header, checksums: .complete) == nil)
        #expect(segmenter.longestSegment == 140)
        let slot = UnsafeMutableRawBufferPointer.allocate(byteCount: 140, alignment: 1)
        defer { slot.deallocate() }
        #expect(segmenter.next(into: UnsafeMutableRawBufferPointer(rebasing: slot[..<139])) == 0)
        #expect(segmenter.next(into: UnsafeMutableRawBufferPointer(start: nil, count: 0)) == 0)
        #expect(segmenter.segmentsLeft == 3)
        #expect(segmenter.next(into: slot) == 140)
        #expect(Array(slot) == packet.segments(of: 100, checksum: .full)[0].bytes)
        #expect(segmenter.segmentsLeft == 2)
    }

    @Test func `a new segmenter has no segments`() {
        var segmenter = Segmenter()
        #expect(segmenter.next() == nil)
        #expect(segmenter.segmentsLeft == 0)
    }
}

@Suite struct SegmenterRefusalTests {
    private func refusal(
        _ packet: SamplePacket, bytes: [UInt8]? = nil, _ change: (inout VirtioNetHeader) -> Void = { _ in }
    ) -> Segmenter.Refusal? {
        var header = packet.virtioHeader(segmentByteCount: 100)
        change(&header)
        let bytes = bytes ?? packet.bytes
        let memory = PacketMemory(bytes)
        defer { memory.deallocate() }
        var segmenter = Segmenter()
        let refusal = segmenter.begin(memory.start, count: memory.count, header: header, checksums: .complete)
        if refusal != nil {
            #expect(segmenter.next() == nil)
            #expect(segmenter.segmentsLeft == 0)
            #expect(memory.bytes == bytes)
        }
        return refusal
    }

    @Test func `bytes that are not exactly one packet are refused`() {
        let packet = sample(true, true, payload: 250)
        #expect(refusal(packet, bytes: []) == .notOnePacket)
        #expect(refusal(packet, bytes: packet.bytes + [0]) == .notOnePacket)
        #expect(refusal(packet, bytes: packet.bytes.dropLast()) == .notOnePacket)
        #expect(refusal(packet, bytes: [0x50] + packet.bytes.dropFirst()) == .notOnePacket)
    }

    @Test func `unknown types of segmentation are refused`() {
        let packet = sample(true, true, payload: 250)
        for type in [2, 3, 6, 0x7F, 0x80, 0x83, 0x85, 0xFF] as [UInt8] {
            #expect(refusal(packet) { $0.segmentation = type } == .unknownSegmentation)
        }
        #expect(refusal(packet) { $0.segmentByteCount = 0 } == .noSegmentSize)
    }

    @Test func `the type must match the packet`() {
        let types = [VirtioNetHeader.tcpIPv4, VirtioNetHeader.udp, VirtioNetHeader.tcpIPv6, VirtioNetHeader.udp]
        for (at, kind) in kinds.enumerated() {
            for type in Set(types) {
                let expected: Segmenter.Refusal? = type == types[at] ? nil : .otherProtocol
                let packet = sample(kind.isIPv4, kind.isTCP, payload: 250)
                #expect(refusal(packet) { $0.segmentation = type } == expected)
            }
        }
    }

    @Test func `fragments and unknown headers are not segmented`() {
        var packet = sample(true, true, payload: 250)
        for fragment in [0x2000, 0x6000, 1, 0x1FFF] {
            packet.fragment = fragment
            #expect(refusal(packet) == .notSegmentable)
        }
        var later = sample(false, true, payload: 250)
        // Fragment, AH, ESP, ICMPv6, no next header, unknown.
        for type in [44, 51, 50, 58, 59, 89, 253] as [UInt8] {
            later.extensions = [(type, [0, 0, 0, 0, 0, 0])]
            #expect(refusal(later) == .notSegmentable)
        }
        later.extensions = [(43, [0, 1, 0, 0, 0, 0])]
        #expect(refusal(later) == .notSegmentable)
        later.extensions = Array(repeating: (60, [1, 4, 0, 0, 0, 0]), count: 9)
        #expect(refusal(later) == .notSegmentable)
        var icmp = sample(true, true, payload: 250).bytes
        icmp[9] = 1
        #expect(refusal(sample(true, true, payload: 250), bytes: icmp) == .notSegmentable)
    }

    @Test func `truncated headers are refused`() {
        let packet = sample(true, true, payload: 250)
        for length in [20, 24, 39] {
            let bytes = packet.bytes[..<2] + twoBytes(length) + packet.bytes[4..<length]
            #expect(refusal(packet, bytes: Array(bytes)) { $0.flags = 0 } == .notSegmentable)
        }
        var long = packet
        long.payload = filler(12)
        for words in [0, 4, 9, 15] as [UInt8] {
            var bytes = long.bytes
            bytes[32] = words << 4
            #expect(refusal(long, bytes: bytes) == .notSegmentable)
        }
    }

    @Test func `SYN, RST and URG are not repeated`() {
        for flag in [0x02, 0x04, 0x20] as [UInt8] {
            var packet = sample(false, true, payload: 250)
            packet.flags |= flag
            #expect(refusal(packet) == .notSegmentableFlags)
            packet.payload = filler(100)
            #expect(refusal(packet) == nil)
        }
    }

    @Test func `the checksum must be that of the transport header`() {
        let packet = sample(true, true, payload: 250)
        #expect(refusal(packet) { $0.checksumStart = 24 } == .checksumElsewhere)
        #expect(refusal(packet) { $0.checksumOffset = 6 } == .checksumElsewhere)
        #expect(refusal(packet) { $0.checksumStart = 273 } == .checksumOutside)
        #expect(refusal(packet) { $0.checksumStart = 272 } == .checksumElsewhere)
        #expect(refusal(packet) { ($0.checksumStart, $0.checksumOffset) = (.max, .max) } == .checksumOutside)
        #expect(refusal(packet) { ($0.segmentation, $0.checksumStart) = (0, 273) } == .checksumOutside)
        #expect(refusal(packet) { ($0.segmentation, $0.checksumStart) = (0, 272) } == nil)
    }
}

@Suite struct SegmenterFuzzTests {
    /// Memory is exact, so that the address sanitizer finds a read or write outside it.
    @Test func `no bytes and no header trap`() {
        var random = SeededRandom(seed: 30)
        var accepted = 0
        for round in 0..<20_000 {
            var packet = SamplePacket.random(using: &random)
            packet.payload = random.bytes(Int.random(in: 0...300, using: &random))
            let bytes = packet.damaged(in: round, using: &random)
            var header = packet.virtioHeader(segmentByteCount: Int.random(in: 0...200, using: &random))
            if round % 3 == 0 {
                withMemory(random.bytes(10)) { $0.baseAddress.map { header = VirtioNetHeader(readFrom: $0) } }
            }
            let cut = Cut(bytes, header, round % 2 == 0 ? .complete : .leavePartial, inPlace: round % 5 < 3)
            #expect(cut.segments.count == cut.announced)
            #expect((cut.refusal == nil) == !cut.segments.isEmpty)
            #expect(cut.segments.allSatisfy { $0.count <= cut.longest && isPacket($0) })
            if cut.segments.count > 1 { accepted += 1 }
        }
        #expect(accepted > 2000, "the fuzzer must reach the segmentation")
    }
}
