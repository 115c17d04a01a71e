import SealanePacket
import TestSupport
import Testing

private func checksum(_ bytes: [UInt8]) -> UInt16 {
    InternetChecksum.fold(withMemory(bytes) { InternetChecksum.sum($0) })
}

@Suite("The internet checksum")
struct InternetChecksumTests {
    @Test("of the example in RFC 1071 section 3 is the complement of ddf2")
    func example() {
        #expect(checksum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]) == ~0xDDF2)
    }

    @Test("takes a last odd byte as the high half of a word")
    func oddLength() {
        #expect(checksum([0xAB]) == ~0xAB00)
        #expect(checksum([0x00, 0x01, 0xF2]) == ~0xF201)
        #expect(checksum([0x00, 0x01, 0xF2, 0x03, 0xF4]) == checksum([0x00, 0x01, 0xF2, 0x03, 0xF4, 0x00]))
    }

    @Test("carries around the end repeatedly")
    func carries() {
        #expect(checksum([]) == 0xFFFF)
        #expect(checksum([0, 0]) == 0xFFFF)
        #expect(checksum([0xFF, 0xFF]) == 0)
        #expect(checksum([0xFF, 0xFF, 0x00, 0x01]) == ~1)
        #expect(checksum([0xFF, 0xFF, 0xFF, 0xFF]) == 0)
        #expect(checksum(Array(repeating: 0xFF, count: 65_535)) == ~0xFF00)
        #expect(InternetChecksum.fold(0x1_FFFF) == ~1)
        #expect(InternetChecksum.fold(.max) == 0)
    }

    @Test("agrees with a sum that carries after every byte, and makes a message with the checksum sum to ffff")
    func agreesWithSlowSum() {
        var generator = SeededRandom(seed: 8)
        for count in (0..<300).map({ $0 }) + [1_499, 1_500, 65_535] {
            var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            #expect(Int(checksum(bytes)) == 0xFFFF - slowSum(bytes), "\(count) bytes")
            guard count >= 2 else { continue }
            bytes[0...1] = [0, 0]
            bytes[0...1] = twoBytes(Int(checksum(bytes)))[...]
            #expect(slowSum(bytes) == 0xFFFF, "\(count) bytes")
        }
    }

    @Test("can be summed in pieces if all but the last have even length")
    func pieces() {
        let bytes = filler(101)
        for first in stride(from: 0, through: 100, by: 2) {
            for second in stride(from: first, through: 100, by: 10) {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]]
                let sum = pieces.reduce(UInt64(0)) { total, piece in
                    withMemory(Array(piece)) { InternetChecksum.sum($0, initial: total) }
                }
                #expect(InternetChecksum.fold(sum) == checksum(bytes))
            }
        }
    }
}
