import SealaneTunnel
import Testing

struct DataHeaderTests {
    private static func written(_ header: DataHeader) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: DataHeader.byteCount)
        bytes.withUnsafeMutableBytes { memory in
            if let start = memory.baseAddress { header.write(to: start) }
        }
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> DataHeader? {
        bytes.withUnsafeBytes { memory in memory.baseAddress.flatMap { DataHeader(readingFrom: $0) } }
    }

    @Test(arguments: [0, DataHeader.partialChecksum, DataHeader.control, DataHeader.byFirstLane])
    func `a header stands as described, and is read as it was written`(flags: UInt8) {
        let header = DataHeader(
            flags: flags, lane: 7, receiverIndex: 0x0102_0304, counter: 0x1112_1314_1516_1718)
        let bytes = Self.written(header)
        #expect(bytes == [4, flags, 7, 0, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18])
        #expect(Self.read(bytes) == header)
    }

    @Test func `a flag that this version does not have, or the reserved byte, is a later version's`() {
        let bytes = Self.written(DataHeader(flags: 0, lane: 255, receiverIndex: .max, counter: .max))
        for value in UInt8.min...UInt8.max {
            var flagged = bytes
            flagged[1] = value
            let isKnown = value & ~(DataHeader.partialChecksum | DataHeader.control | DataHeader.byFirstLane) == 0
            #expect((Self.read(flagged) != nil) == isKnown, "flags \(value)")
            var reserved = bytes
            reserved[3] = value
            #expect((Self.read(reserved) == nil) == (value != 0), "reserved \(value)")
        }
    }
}
