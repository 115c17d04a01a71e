import SealaneAEAD
import Testing

@Suite("Sealing and opening")
struct AEADKeyTests {
    private let header = (0..<16).map { UInt8($0) }
    private let nonce = Nonce(bigEndianCounter: 0x0102_0304_0506_0708)

    private func key(_ suite: ProvidedSuite, seed: UInt8 = 0x40) throws -> AEADKey {
        try AEADKey(suite, bytes: (0..<32).map { seed &+ $0 })
    }

    private func plaintext(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }
    }

    @Test("packets of any size sealed in place open in place", arguments: ProvidedSuite.available)
    func roundTrip(suite: ProvidedSuite) throws {
        let key = try key(suite)
        for count in Array(0...200) + [1420, 9000, 65535] {
            let plaintext = plaintext(count)
            let sealed = key.sealed(plaintext, header: header, nonce: nonce)
            #expect(sealed.count == count + 16)
            if count >= 16 { #expect(Array(sealed.prefix(count)) != plaintext) }
            let opened = key.opened(sealed, header: header, nonce: nonce)
            #expect(opened == plaintext, "\(count) bytes")
        }
    }

    @Test(
        "sealing into other memory gives the same bytes as in place and leaves the source unchanged",
        arguments: ProvidedSuite.available)
    func disjoint(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let source = plaintext(1420)
        let copy = source
        var output = [UInt8](repeating: 0, count: source.count + 16 + 1)
        output.withUnsafeMutableBytes { output in
            guard let to = output.baseAddress else { return }
            source.withUnsafeBytes { source in
                guard let from = source.baseAddress else { return }
                header.withUnsafeBytes { key.seal(from, count: source.count, header: $0, nonce: nonce, into: to) }
            }
        }
        let inPlace = key.sealed(source, header: header, nonce: nonce)
        #expect(output == inPlace + [0])
        #expect(source == copy)
    }

    @Test("packets may have any alignment", arguments: ProvidedSuite.available)
    func unaligned(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let expected = key.sealed(plaintext(100), header: header, nonce: nonce)
        for offset in 0..<16 {
            var buffer = [UInt8](repeating: 0, count: offset) + plaintext(100) + [UInt8](repeating: 0, count: 16)
            buffer.withUnsafeMutableBytes { buffer in
                guard let start = buffer.baseAddress else { return }
                header.withUnsafeBytes {
                    key.seal(start + offset, count: 100, header: $0, nonce: nonce, into: start + offset)
                }
            }
            #expect(Array(buffer.dropFirst(offset)) == expected)
        }
    }

    @Test("a packet may have no header", arguments: ProvidedSuite.available)
    func noHeader(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let sealed = key.sealed(plaintext(64), header: [], nonce: nonce)
        let opened = key.opened(sealed, header: [], nonce: nonce)
        let openedWithHeader = key.opened(sealed, header: [0], nonce: nonce)
        #expect(opened == plaintext(64))
        #expect(openedWithHeader == nil)
    }

    @Test(
        "an empty header may have an address or none, and a tag of zeros is refused with both",
        arguments: ProvidedSuite.available)
    func noHeaderAddress(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let reference = key.sealed(plaintext(64), header: [], nonce: nonce)
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        var buffer = plaintext(64) + [UInt8](repeating: 0xEE, count: 16)
        let opened = buffer.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return false }
            key.seal(start, count: 64, header: nothing, nonce: nonce, into: start)
            guard Array(buffer) == reference else { return false }
            return key.open(start, count: 80, header: nothing, nonce: nonce, into: start)
        }
        #expect(opened)
        #expect(Array(buffer.prefix(64)) == plaintext(64))

        for count in [0, 64] {
            var forged = [UInt8](repeating: 0, count: count + 16)
            let accepted = forged.withUnsafeMutableBytes { forged in
                guard let start = forged.baseAddress else { return true }
                return key.open(start, count: count + 16, header: nothing, nonce: nonce, into: start)
            }
            #expect(!accepted, "\(count) bytes")
        }
    }

    @Test(
        "a flipped bit anywhere in a sealed packet or its tag is refused, and the output is zero",
        arguments: ProvidedSuite.available)
    func flippedPacket(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let sealed = key.sealed(plaintext(64), header: header, nonce: nonce)
        #expect(sealed.count == 80)
        for bit in 0..<(sealed.count * 8) {
            var forged = sealed
            forged[bit / 8] ^= 1 << (bit % 8)
            let accepted = key.openInPlace(&forged, header: header, nonce: nonce)
            #expect(!accepted, "bit \(bit)")
            #expect(forged.prefix(64).allSatisfy { $0 == 0 }, "bit \(bit)")
        }
    }

    @Test("a flipped bit anywhere in the header is refused", arguments: ProvidedSuite.available)
    func flippedHeader(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let sealed = key.sealed(plaintext(64), header: header, nonce: nonce)
        for bit in 0..<(header.count * 8) {
            var forged = header
            forged[bit / 8] ^= 1 << (bit % 8)
            let opened = key.opened(sealed, header: forged, nonce: nonce)
            #expect(opened == nil, "bit \(bit)")
        }
    }

    @Test("a flipped bit anywhere in the nonce is refused", arguments: ProvidedSuite.available)
    func flippedNonce(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let bytes: [UInt8] = (0..<12).map { $0 }
        let sealed = key.sealed(plaintext(64), header: header, nonce: try #require(Nonce(bytes: bytes)))
        for bit in 0..<(bytes.count * 8) {
            var forged = bytes
            forged[bit / 8] ^= 1 << (bit % 8)
            let opened = key.opened(sealed, header: header, nonce: try #require(Nonce(bytes: forged)))
            #expect(opened == nil, "bit \(bit)")
        }
    }

    @Test(
        "a packet opens into other memory, and nothing is written after its plaintext",
        arguments: ProvidedSuite.available)
    func openedElsewhere(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let sealed = key.sealed(plaintext(64), header: header, nonce: nonce)
        var output = [UInt8](repeating: 0xEE, count: 80)
        let accepted = key.open(sealed, into: &output, header: header, nonce: nonce)
        #expect(accepted)
        #expect(output == plaintext(64) + [UInt8](repeating: 0xEE, count: 16))
    }

    @Test("a packet opened into other memory leaves zeros there when refused", arguments: ProvidedSuite.available)
    func refusedElsewhere(suite: ProvidedSuite) throws {
        let key = try key(suite)
        var forged = key.sealed(plaintext(64), header: header, nonce: nonce)
        forged[79] ^= 1
        var output = [UInt8](repeating: 0xEE, count: 80)
        let accepted = key.open(forged, into: &output, header: header, nonce: nonce)
        #expect(!accepted)
        #expect(output == [UInt8](repeating: 0, count: 64) + [UInt8](repeating: 0xEE, count: 16))
    }

    @Test(
        "a truncated packet is refused at every length, and nothing is written for one shorter than a tag",
        arguments: ProvidedSuite.available)
    func truncated(suite: ProvidedSuite) throws {
        let key = try key(suite)
        let sealed = key.sealed(plaintext(64), header: header, nonce: nonce)
        for count in 0..<sealed.count {
            var forged = Array(sealed.prefix(count))
            let accepted = key.openInPlace(&forged, header: header, nonce: nonce)
            #expect(!accepted, "\(count) bytes")
            if count < 16 { #expect(forged == Array(sealed.prefix(count))) }
        }
    }

    @Test("another key or another suite refuses the packet", arguments: ProvidedSuite.available)
    func otherKey(suite: ProvidedSuite) throws {
        let sealed = try key(suite).sealed(plaintext(64), header: header, nonce: nonce)
        let openedByOther = try key(suite, seed: 0x41).opened(sealed, header: header, nonce: nonce)
        #expect(openedByOther == nil)
        for other in ProvidedSuite.available where other.suite != suite.suite {
            let opened = try key(other).opened(sealed, header: header, nonce: nonce)
            #expect(opened == nil)
        }
    }

    @Test("a key has memory of its own, so it outlives the secret", arguments: ProvidedSuite.available)
    func ownMemory(suite: ProvidedSuite) throws {
        let bytes: [UInt8] = (0..<32).map { $0 }
        let reference = try AEADKey(suite, bytes: bytes).sealed(plaintext(64), header: header, nonce: nonce)
        var secret = try SecretBytes(bytes)
        let key = try AEADKey(suite: suite.suite, key: secret, provider: suite.provider)
        secret.withUnsafeMutableBytes { $0.copyBytes(from: [UInt8](repeating: 0xFF, count: 32)) }
        let sealed = key.sealed(plaintext(64), header: header, nonce: nonce)
        #expect(key.suite == suite.suite)
        #expect(sealed == reference)
    }

    @Test("a key of other than 32 bytes is refused with its length", arguments: [0, 16, 31, 33, 64])
    func keyLength(count: Int) throws {
        for suite in ProvidedSuite.available {
            #expect(throws: AEADError.keyByteCount(count)) {
                _ = try AEADKey(suite, bytes: [UInt8](repeating: 1, count: count))
            }
        }
        #expect("\(AEADError.keyByteCount(count))".contains("\(count) bytes was given; it must be 32 bytes"))
    }

    @Test("threads may seal and open with one key concurrently", arguments: ProvidedSuite.available)
    func concurrent(suite: ProvidedSuite) async throws {
        let shared = SharedKey(try key(suite))
        let expected = shared.key.sealed(plaintext(1420), header: header, nonce: nonce)
        let agreed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<200).allSatisfy { _ in
                        shared.key.sealed(plaintext(1420), header: header, nonce: nonce) == expected
                            && shared.key.opened(expected, header: header, nonce: nonce) == plaintext(1420)
                    }
                }
            }
            return await group.allSatisfy { $0 }
        }
        #expect(agreed)
    }
}

private final class SharedKey: Sendable {
    let key: AEADKey
    init(_ key: consuming AEADKey) { self.key = key }
}
