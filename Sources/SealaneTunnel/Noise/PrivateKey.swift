import CSodium
import SealaneAEAD

/// An X25519 private key, in guarded memory: an agent's own, or an ephemeral one.
package struct PrivateKey: ~Copyable, Sendable {
    let secret: SecretBytes
    package let publicKey: PublicKey

    /// Nil unless there are 32 bytes. The original is the caller's to wipe.
    package init?(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
        guard bytes.count == PublicKey.byteCount else { return nil }
        self.init(secret: try SecretBytes(copying: bytes))
    }

    private init(secret: consuming SecretBytes) {
        var publicKey = [UInt8](repeating: 0, count: PublicKey.byteCount)
        secret.withUnsafeBytePointer { secret in
            // Fails for no secret: the base point has prime order.
            _ = crypto_scalarmult_base(&publicKey, secret)
        }
        self.secret = secret
        self.publicKey = PublicKey(unchecked: publicKey)
    }

    /// Draws a key and clamps it (RFC 7748 section 5), so that its text is that of the key in use.
    package static func generate(using random: inout some RandomNumberGenerator) throws(AEADError) -> PrivateKey {
        var secret = try SecretBytes(count: PublicKey.byteCount)
        secret.withUnsafeMutableBytes { bytes in
            bytes.fill(using: &random)
            bytes[0] &= 0xF8
            bytes[31] = bytes[31] & 0x7F | 0x40
        }
        return PrivateKey(secret: secret)
    }

    /// Lends the 44 characters of the key file, and wipes them afterwards.
    package borrowing func withText<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        var text = secret.withUnsafeBytes { Base64.encode($0) }
        defer { text.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) } }
        return try text.withUnsafeBytes(body)
    }

    /// The key of a key file: 44 characters of base64. Nil if they are something else.
    package init?(text: UnsafeRawBufferPointer) throws(AEADError) {
        var secret = try SecretBytes(count: PublicKey.byteCount)
        guard secret.withUnsafeMutableBytes({ Base64.decode(text, into: $0) }) else { return nil }
        self.init(secret: secret)
    }

    /// The X25519 shared secret with `remote`. Nil if it is all zero: `remote` is of low order and proves nothing
    /// (RFC 7748 section 6.1).
    package borrowing func sharedSecret(with remote: PublicKey) throws(AEADError) -> SecretBytes? {
        var shared = try SecretBytes(count: PublicKey.byteCount)
        let status = shared.withUnsafeMutableBytePointer { output in
            secret.withUnsafeBytePointer { crypto_scalarmult(output, $0, remote.bytes) }
        }
        return status == 0 ? consume shared : nil
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Fills the memory with random bytes.
    func fill(using random: inout some RandomNumberGenerator) {
        var word: UInt64 = 0
        for offset in indices {
            if offset % 8 == 0 { word = random.next() }
            self[offset] = UInt8(truncatingIfNeeded: word)
            word >>= 8
        }
    }
}

extension SecretBytes {
    /// Lends the secret to libsodium. A secret is never empty, so there always is a pointer.
    borrowing func withUnsafeBytePointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        withUnsafeBytes { body(UnsafePointer($0.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped)) }
    }

    mutating func withUnsafeMutableBytePointer<Result>(_ body: (UnsafeMutablePointer<UInt8>) -> Result) -> Result {
        withUnsafeMutableBytes { body($0.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped) }
    }
}
