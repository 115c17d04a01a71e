/// Base64 (RFC 4648 section 4) of keys: exactly one text for each value, so that two keys that look different are different.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4)
        text.withUnsafeMutableBytes { encode(bytes, into: $0) }
        return text
    }

    /// The same, into memory of the caller's that has room for it: 4 characters for every 3 bytes begun.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into text: UnsafeMutableRawBufferPointer) {
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let digit = Int(bits >> UInt32(18 - 6 * position)) & 63
                text[start / 3 * 4 + position] = position <= group.count ? alphabet[digit] : UInt8(ascii: "=")
            }
        }
    }

    /// Decodes into `output`, which has the length that is expected. False, and `output` is undefined, unless `text` is the
    /// one encoding of that many bytes: padded, without white space, unused bits zero.
    package static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        guard text.count == (output.count + 2) / 3 * 4 else { return false }
        var written = 0
        for start in stride(from: 0, to: text.count, by: 4) {
            let expected = min(3, output.count - written)
            var bits: UInt32 = 0
            for position in 0..<4 {
                let byte = text[start + position]
                if position > expected {
                    guard byte == UInt8(ascii: "=") else { return false }
                    bits <<= 6
                } else {
                    guard let digit = value(of: byte) else { return false }
                    bits = bits << 6 | digit
                }
            }
            for position in 0..<3 {
                let byte = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * position))
                if position < expected {
                    output[written] = byte
                    written += 1
                } else if byte != 0 {
                    return false
                }
            }
        }
        return true
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
