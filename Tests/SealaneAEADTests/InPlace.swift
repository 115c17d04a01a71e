import SealaneAEAD

extension SecretBytes {
    init(_ bytes: [UInt8]) throws(AEADError) {
        try self.init(count: bytes.count)
        withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
    }
}

extension AEADKey {
    init(_ provided: ProvidedSuite, bytes: [UInt8]) throws {
        try self.init(suite: provided.suite, key: SecretBytes(bytes), provider: provided.provider)
    }

    /// Seals a copy of `plaintext` in place.
    borrowing func sealed(_ plaintext: [UInt8], header: [UInt8], nonce: Nonce) -> [UInt8] {
        var buffer = plaintext + [UInt8](repeating: 0xEE, count: AEADKey.tagByteCount)
        buffer.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            header.withUnsafeBytes { seal(start, count: plaintext.count, header: $0, nonce: nonce, into: start) }
        }
        return buffer
    }

    /// Opens a copy of `sealed` in place. Nil when refused.
    borrowing func opened(_ sealed: [UInt8], header: [UInt8], nonce: Nonce) -> [UInt8]? {
        var buffer = sealed
        guard openInPlace(&buffer, header: header, nonce: nonce) else { return nil }
        return Array(buffer.dropLast(AEADKey.tagByteCount))
    }

    borrowing func openInPlace(_ buffer: inout [UInt8], header: [UInt8], nonce: Nonce) -> Bool {
        let count = buffer.count
        // An empty array has no address; one more byte gives it one.
        buffer.append(0)
        defer { buffer.removeLast() }
        return buffer.withUnsafeMutableBytes { buffer in
            guard let start = buffer.baseAddress else { return false }
            return header.withUnsafeBytes { open(start, count: count, header: $0, nonce: nonce, into: start) }
        }
    }

    /// Opens `sealed` into `output`, which must be at least as long.
    borrowing func open(_ sealed: [UInt8], into output: inout [UInt8], header: [UInt8], nonce: Nonce) -> Bool {
        sealed.withUnsafeBytes { sealed in
            output.withUnsafeMutableBytes { output in
                guard let from = sealed.baseAddress, let to = output.baseAddress else { return false }
                return header.withUnsafeBytes { open(from, count: sealed.count, header: $0, nonce: nonce, into: to) }
            }
        }
    }
}
