extension [UInt8] {
    /// A copy with 1 to 4 of the changes that a fuzzer makes: a flipped bit, a byte that parsers look at, bytes taken
    /// out, repeated or put in, an end that is missing.
    package func mutated(using random: inout SeededRandom) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &random)
            let end = Swift.min(start + Int.random(in: 1...16, using: &random), bytes.count)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[start] = Self.telling.randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(start..<end)
            case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: start)
            default: bytes.removeSubrange(start...)
            }
        }
        return bytes
    }

    /// Lengths and tags of ASN.1, delimiters of JSON and base64, limits.
    private static let telling: [UInt8] =
        [0x00, 0x01, 0x02, 0x04, 0x05, 0x06, 0x17, 0x1F, 0x24, 0x30, 0x31, 0x7F, 0x80, 0x81, 0x82, 0x84, 0x88]
        + [0xA0, 0xFF] + "\"\\{}[],:=-+\n".utf8
}
