import SealanePacket
import TestSupport
import Testing

/// RFC 6040, normal mode. Marks by their bits: 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE.
struct ExplicitCongestionTests {
    /// Figure 4: the resulting mark by the inner mark (row) and the outer one (column), both in the order of their
    /// bits. Nil: the packet is dropped.
    private static let figure4: [[UInt8?]] = [
        [0, 0, 0, nil],
        [1, 1, 1, 3],
        [2, 1, 2, 3],
        [3, 3, 3, 3],
    ]

    /// `combine` on a copy of the packet; nil: the packet must be dropped.
    private static func combined(_ packet: SamplePacket, outer: UInt8) -> [UInt8]? {
        let memory = PacketMemory(packet.bytes)
        defer { memory.deallocate() }
        return ExplicitCongestion.combine(memory.start, outer: outer) ? memory.bytes : nil
    }

    @Test(arguments: [true, false], 0..<16)
    func `each of the 16 combinations gives the mark of figure 4, and nothing else of the packet changes`(
        isIPv4: Bool, combination: Int
    ) {
        let (inner, outer) = (combination / 4, combination % 4)
        for innerDSCP in [0, 46, 63] {
            for outerDSCP in [0, 46, 63] {
                var packet = SamplePacket()
                packet.isIPv4 = isIPv4
                packet.trafficClass = UInt8(innerDSCP << 2 | inner)
                packet.payload = filler(11)
                let result = Self.combined(packet, outer: UInt8(outerDSCP << 2 | outer))
                guard let mark = Self.figure4[inner][outer] else {
                    #expect(result == nil)
                    continue
                }
                // Including the IPv4 header checksum and the IPv6 flow label.
                packet.trafficClass = UInt8(innerDSCP << 2) | mark
                #expect(result == packet.bytes)
            }
        }
    }

    @Test func `the IPv4 header checksum is right afterwards for any header`() {
        var packet = SamplePacket()
        for mark: UInt8 in [1, 2] {
            for identification in stride(from: 0, through: 0xFFFF, by: 5) {
                packet.trafficClass = mark
                packet.identification = identification
                let result = Self.combined(packet, outer: 3) ?? []
                #expect(slowSum(Array(result.prefix(20))) == 0xFFFF, "\(mark), \(identification)")
            }
        }
    }

    @Test func `a wrong IPv4 header checksum stays wrong by the same amount`() {
        var packet = SamplePacket()
        packet.isIPChecksumWrong = true
        packet.trafficClass = 2
        let result = Self.combined(packet, outer: 3) ?? []
        #expect(slowSum(Array(result.prefix(20))) != 0xFFFF)
    }

    @Test func `flow label, options and extension headers stay unchanged in any packet`() throws {
        var random = SeededRandom(seed: 6040)
        for _ in 0..<500 {
            var packet = SamplePacket.random(using: &random)
            packet.payload = random.bytes(Int.random(in: 0...40, using: &random))
            let (inner, outer) = (packet.trafficClass & 3, UInt8.random(in: 0...255, using: &random))
            let result = Self.combined(packet, outer: outer)
            if let mark = Self.figure4[Int(inner)][Int(outer & 3)] {
                packet.trafficClass = packet.trafficClass & 0xFC | mark
                #expect(result == packet.bytes)
            } else {
                #expect(result == nil)
            }
        }
    }

    @Test(arguments: [true, false])
    func `the outer header gets the inner mark and nothing else of the traffic class`(isIPv4: Bool) throws {
        for trafficClass in UInt8.min...UInt8.max {
            var packet = SamplePacket()
            packet.isIPv4 = isIPv4
            packet.trafficClass = trafficClass
            packet.flowLabel = 0xFFFFF
            #expect(try withPacket(packet.bytes) { ExplicitCongestion.outer(for: $0) } == trafficClass & 3)
        }
    }
}
