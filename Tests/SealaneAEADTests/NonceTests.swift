import SealaneAEAD
import Testing

@Suite("Nonces")
struct NonceTests {
    private func bytes(_ nonce: Nonce) -> [UInt8] { withUnsafeBytes(of: nonce) { Array($0) } }

    @Test("a nonce is twelve bytes in memory, without padding")
    func layout() {
        #expect(MemoryLayout<Nonce>.size == 12)
        #expect(Nonce.byteCount == 12)
    }

    @Test("a counter follows four zero bytes, in the requested byte order")
    func counters() {
        let counter: UInt64 = 0x0102_0304_0506_0708
        #expect(bytes(Nonce(bigEndianCounter: counter)) == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
        #expect(bytes(Nonce(littleEndianCounter: counter)) == [0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(bytes(Nonce(bigEndianCounter: .max)) == [0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 8))
    }

    @Test("twelve bytes keep their order, and no other number of bytes is accepted")
    func given() throws {
        let given: [UInt8] = (0xF0...0xFB).map { $0 }
        #expect(bytes(try #require(Nonce(bytes: given))) == given)
        #expect(Nonce(bytes: given.dropLast()) == nil)
        #expect(Nonce(bytes: given + [0]) == nil)
        #expect(Nonce(bytes: []) == nil)
    }

    @Test("equal bytes are equal nonces")
    func equality() {
        #expect(Nonce(bytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]) == Nonce(bigEndianCounter: 5))
        #expect(Nonce(littleEndianCounter: 5) != Nonce(bigEndianCounter: 5))
    }
}
