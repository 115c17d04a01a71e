import SealanePacket
import TestSupport
import Testing

@Suite struct VirtioNetHeaderTests {
    private static let sample = VirtioNetHeader(
        flags: VirtioNetHeader.needsChecksum, segmentation: VirtioNetHeader.tcpIPv6 | VirtioNetHeader.ecnBit,
        headerByteCount: 0x1234, segmentByteCount: 0x0578, checksumStart: 0x0028, checksumOffset: 0x0010)
    private static let bytes: [UInt8] = [1, 0x84, 0x34, 0x12, 0x78, 0x05, 0x28, 0, 0x10, 0]

    @Test func `the ten bytes have Linux's layout`() {
        #expect(withMemory(Self.bytes) { $0.baseAddress.map { VirtioNetHeader(readFrom: $0) } } == Self.sample)
        var written: [UInt8] = Array(repeating: 0xEE, count: 12)
        written.withUnsafeMutableBytes { memory in
            if let start = memory.baseAddress { Self.sample.write(to: start + 1) }
        }
        #expect(written == [0xEE] + Self.bytes + [0xEE])
        #expect(VirtioNetHeader.byteCount == 10)
    }

    @Test func `the constants are Linux's`() {
        #expect(VirtioNetHeader.needsChecksum == 1)
        #expect(VirtioNetHeader.dataValid == 2)
        #expect(VirtioNetHeader.single == 0)
        #expect(VirtioNetHeader.tcpIPv4 == 1)
        #expect(VirtioNetHeader.tcpIPv6 == 4)
        #expect(VirtioNetHeader.udp == 5)
        #expect(VirtioNetHeader.ecnBit == 0x80)
    }

    @Test func `only the checksum flag makes a checksum partial`() {
        #expect(Self.sample.isChecksumPartial)
        #expect(!VirtioNetHeader(flags: VirtioNetHeader.dataValid).isChecksumPartial)
        #expect(VirtioNetHeader(flags: 0xFF).isChecksumPartial)
        #expect(!VirtioNetHeader().isChecksumPartial)
    }

    @Test func `a written header reads back the same`() {
        var random = SeededRandom(seed: 10)
        for _ in 0..<500 {
            let bytes = (0..<10).map { _ in UInt8.random(in: 0...255, using: &random) }
            let header = withMemory(bytes) { $0.baseAddress.map { VirtioNetHeader(readFrom: $0) } }
            var written: [UInt8] = Array(repeating: 0, count: 10)
            written.withUnsafeMutableBytes { memory in
                if let start = memory.baseAddress { header?.write(to: start) }
            }
            #expect(written == bytes)
        }
    }
}
