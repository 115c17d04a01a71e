import SealaneAEAD
import SealaneTunnel
import TestSupport
import Testing

@Suite("Base64") struct Base64Tests {
    private func encode(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self)
    }

    private func decode(_ text: [UInt8], byteCount: Int) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: byteCount)
        let isDecoded = output.withUnsafeMutableBytes { output in
            text.withUnsafeBytes { Base64.decode($0, into: output) }
        }
        return isDecoded ? output : nil
    }

    @Test(
        "the examples of RFC 4648 section 10 encode and decode",
        arguments: zip(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"],
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]))
    func rfc4648(plain: String, text: String) {
        let plain = Array(plain.utf8)
        #expect(encode(plain) == text)
        #expect(decode(Array(text.utf8), byteCount: plain.count) == plain)
        for other in 0...9 where other != plain.count {
            #expect(decode(Array(text.utf8), byteCount: other) == nil, "into \(other) bytes")
        }
    }

    @Test("only the canonical encoding of a value decodes", arguments: [1, 2, 3])
    func oneTextForEachValue(byteCount: Int) {
        let text = Array(encode(Array([0xF7, 0x30, 0x8A].prefix(byteCount))).utf8)
        for at in text.indices {
            for byte in UInt8.min...UInt8.max {
                var altered = text
                altered[at] = byte
                guard let decoded = decode(altered, byteCount: byteCount) else { continue }
                #expect(encode(decoded) == String(decoding: altered, as: UTF8.self))
            }
        }
    }
}

@Suite("Keys") struct KeysTests {
    private let bytesOfKey = Array(UInt8(0)...31)
    private let textOfKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    @Test("a public key has 32 bytes and 44 characters and survives the round trip through its text")
    func publicKeyText() throws {
        let key = try #require(PublicKey(bytes: bytesOfKey))
        #expect(key.description == textOfKey)
        #expect(PublicKey(textOfKey) == key)
        #expect(key.bytes == bytesOfKey)
        #expect(PublicKey(bytes: bytesOfKey.dropLast()) == nil)
        #expect(PublicKey(bytes: bytesOfKey + [0]) == nil)
    }

    static let notKeys = [
        "", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8==",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", " AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        // Bits that no byte holds are set: another text for the same key.
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        // The alphabet of URLs; a pad in the middle; a letter of two bytes in place of two; 33 bytes.
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH-8=", "AAECAwQFBgcI=QoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdé8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", "000102030405060708090a0b0c0d0e0f1011121314151617",
    ]

    @Test("text that is almost a key is refused, for each kind of key", arguments: notKeys)
    func almostKeys(text: String) throws {
        #expect(PublicKey(text) == nil)
        let text = Array(text.utf8)
        let isPrivate = try text.withUnsafeBytes { try PrivateKey(text: $0) != nil }
        #expect(!isPrivate)
        #expect(try text.withUnsafeBytes { try PresharedKey(text: $0) } == nil)
    }

    @Test("the text of a private key, which is lent to the caller, reads as the same key")
    func privateKeyText() throws {
        var random = SeededRandom(seed: 5)
        let key = try PrivateKey.generate(using: &random)
        let text = key.withText { Array($0) }
        #expect(text.count == 44)
        guard let again = try withMemory(of: text, { try PrivateKey(text: $0) }) else {
            Issue.record("the text of a key is no key")
            return
        }
        let (first, second) = (key.publicKey, again.publicKey)
        #expect(first == second)
        #expect(again.withText { Array($0) } == text)
    }

    @Test("a generated key is clamped as in RFC 7748 section 5, so its text is that of the key in use")
    func clamped() throws {
        for byte: UInt8 in [0x00, 0xFF, 0xA5] {
            var random = ScriptedRandom([UInt8](repeating: byte, count: 32))
            let key = try PrivateKey.generate(using: &random)
            let text = String(decoding: key.withText { Array($0) }, as: UTF8.self)
            var expected = [UInt8](repeating: byte, count: 32)
            expected[0] &= 248
            expected[31] = expected[31] & 127 | 64
            #expect(PublicKey(text)?.bytes == expected)
        }
    }

    @Test("a private key of another length than 32 bytes is refused", arguments: [0, 31, 33, 64])
    func wrongLength(byteCount: Int) throws {
        let bytes = [UInt8](repeating: 9, count: byteCount)
        let isKey = try bytes.withUnsafeBytes { try PrivateKey(copying: $0) != nil }
        #expect(!isKey)
        #expect(try bytes.withUnsafeBytes { try PresharedKey(copying: $0) } == nil)
    }

    @Test("pre-shared keys are equal if all their bytes are equal, whether they come from text or from bytes")
    func presharedKeys() throws {
        let key = try presharedKey(bytesOfKey)
        let same = try #require(try Array(textOfKey.utf8).withUnsafeBytes { try PresharedKey(text: $0) })
        #expect(key.isEqual(to: same))
        for at in bytesOfKey.indices {
            var other = bytesOfKey
            other[at] ^= 1
            #expect(try !key.isEqual(to: presharedKey(other)))
        }
    }

    @Test("every encoding of a low-order public key is detected, and no private key has a low-order public key")
    func lowOrder() throws {
        // libsodium refuses to agree on anything with these: what it gives would be zero.
        var points: [[UInt8]] = []
        for (first, rest, last) in [(0, 0, 0), (1, 0, 0), (0xEC, 0xFF, 0x7F), (0xED, 0xFF, 0x7F), (0xEE, 0xFF, 0x7F)]
            as [(UInt8, UInt8, UInt8)]
        {
            points.append([first] + [UInt8](repeating: rest, count: 30) + [last])
        }
        for text in [
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        ] {
            points.append(
                stride(from: 0, to: 64, by: 2).compactMap { UInt8(text.dropFirst($0).prefix(2), radix: 16) })
        }
        #expect(points.count == 7)
        for point in points {
            for top in [0, 0x80] as [UInt8] {
                var bytes = point
                bytes[31] |= top
                #expect(try #require(PublicKey(bytes: bytes)).isOfLowOrder)
                for near in [0, 15] {
                    var other = bytes
                    other[near] ^= 0x40
                    #expect(try !#require(PublicKey(bytes: other)).isOfLowOrder)
                }
            }
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<100 { #expect(try !PrivateKey.generate(using: &random).publicKey.isOfLowOrder) }
    }
}
