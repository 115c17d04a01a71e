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

    /// HKDF as Noise defines it (revision 34, section 4.3).
    ///
    /// - Parameters:
    ///   - chainingKey: at most 128 bytes.
    ///   - input: at most 128 bytes.
    ///   - outputs: takes as many outputs of 64 bytes as it has room for. Must not overlap the others.
    static func hkdf(
        chainingKey: UnsafeRawBufferPointer, input: UnsafeRawBufferPointer,
        into outputs: UnsafeMutableRawBufferPointer
    ) {
        withWipedMemory(byteCount: 2 * byteCount + 1) { memory in
            let temporaryKey = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
            let message = UnsafeMutableRawBufferPointer(rebasing: memory[byteCount...])
            hmac(key: chainingKey, input, into: temporaryKey)
            for start in stride(from: 0, to: outputs.count, by: byteCount) {
                let output = UnsafeMutableRawBufferPointer(rebasing: outputs[start..<start + byteCount])
                // The output before it, if there is one, and its number, from 1 on.
                let isFirst = start == 0
                message[byteCount] = UInt8(start / byteCount + 1)
                hmac(
                    key: UnsafeRawBufferPointer(temporaryKey),
                    UnsafeRawBufferPointer(rebasing: message[(isFirst ? byteCount : 0)...]), into: output)
                message.copyMemory(from: UnsafeRawBufferPointer(output))
            }
        }
    }

    /// HMAC (RFC 2104) over BLAKE2b-512: Noise asks for this, not for BLAKE2b's own keyed mode.
    ///
    /// - Parameters:
    ///   - key: at most 128 bytes.
    ///   - message: at most 128 bytes.
    ///   - output: 64 bytes. May be where the message is.
    private static func hmac(
        key: UnsafeRawBufferPointer, _ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) {
        withWipedMemory(byteCount: 2 * blockByteCount) { memory in
            let block = UnsafeMutableRawBufferPointer(rebasing: memory[..<blockByteCount])
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[blockByteCount...])
            func digest(_ pad: UInt8, _ message: UnsafeRawBufferPointer) {
                for at in block.indices { block[at] = (at < key.count ? key[at] : 0) ^ pad }
                rest.copyMemory(from: message)
                hash(UnsafeRawBufferPointer(rebasing: memory[..<(blockByteCount + message.count)]), into: output)
            }
            digest(0x36, message)
            digest(0x5C, UnsafeRawBufferPointer(output))
        }
    }

    private static func hash(_ message: UnsafeRawBufferPointer, into digest: UnsafeMutableRawBufferPointer) {
        guard let output = digest.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
        let input = message.assumingMemoryBound(to: UInt8.self).baseAddress
        _ = crypto_generichash(output, byteCount, input, UInt64(message.count), nil, 0)
    }
}

/// Lends memory for secret bytes of a few lines of computation: ordinary memory, wiped afterwards. What lives longer is
/// `SecretBytes`.
func withWipedMemory(byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { memory in
        body(memory)
        sodium_memzero(memory.baseAddress, memory.count)
    }
}
