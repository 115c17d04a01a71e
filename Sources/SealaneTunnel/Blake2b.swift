import CSodium

/// BLAKE2b (RFC 7693) on libsodium, and what Noise builds from it.
enum Blake2b {
    /// Of a whole digest.
    static var byteCount: Int { 64 }
    /// What HMAC pads its key to.
    private static var blockByteCount: Int { 128 }

    /// - Parameters:
    ///   - key: at most 64 bytes; empty: none.
    ///   - byteCount: 16 to 64.
    static func hash(_ message: [UInt8], key: [UInt8] = [], byteCount: Int = Self.byteCount) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        _ = crypto_generichash(&digest, byteCount, message, UInt64(message.count), key.isEmpty ? nil : key, key.count)
        return digest
    }

    /// HMAC (RFC 2104) over BLAKE2b-512: Noise asks for this, not for BLAKE2b's own keyed mode.
    ///
    /// - Parameter key: at most 128 bytes.
    static func hmac(key: SecretArray, _ message: SecretArray) -> SecretArray {
        digest(padded(key, 0x5C), digest(padded(key, 0x36), message))
    }

    private static func padded(_ key: SecretArray, _ pad: UInt8) -> SecretArray {
        let block = SecretArray(count: blockByteCount)
        // Through pointers: an access check for each byte would cost as much as the Diffie-Hellman of the handshake.
        block.bytes.withUnsafeMutableBufferPointer { block in
            key.bytes.withUnsafeBufferPointer { key in
                for at in block.indices { block[at] = (at < key.count ? key[at] : 0) ^ pad }
            }
        }
        return block
    }

    private static func digest(_ first: SecretArray, _ second: SecretArray) -> SecretArray {
        let joined = SecretArray(count: first.bytes.count + second.bytes.count)
        joined.bytes.replaceSubrange(..<first.bytes.count, with: first.bytes)
        joined.bytes.replaceSubrange(first.bytes.count..., with: second.bytes)
        let digest = SecretArray(count: byteCount)
        _ = crypto_generichash(&digest.bytes, byteCount, joined.bytes, UInt64(joined.bytes.count), nil, 0)
        return digest
    }

    /// HKDF as Noise defines it (revision 34, section 4.3): outputs of 64 bytes each.
    static func hkdf(chainingKey: SecretArray, input: SecretArray, outputCount: Int) -> [SecretArray] {
        let temporaryKey = hmac(key: chainingKey, input)
        var outputs: [SecretArray] = []
        for number in 1...outputCount {
            let previous = outputs.last?.bytes ?? []
            let message = SecretArray(count: previous.count + 1)
            message.bytes.replaceSubrange(..<previous.count, with: previous)
            message.bytes[previous.count] = UInt8(number)
            outputs.append(hmac(key: temporaryKey, message))
        }
        return outputs
    }
}

/// Secret bytes of a few lines of computation: ordinary memory, of one fixed size so that it is never moved, wiped when
/// dropped. What lives longer is `SecretBytes`.
final class SecretArray {
    var bytes: [UInt8]

    init(count: Int) {
        bytes = Array(repeating: 0, count: count)
    }

    init(copying bytes: UnsafeRawBufferPointer) {
        self.bytes = Array(bytes)
    }

    deinit {
        bytes.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) }
    }
}
