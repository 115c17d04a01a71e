import SealaneAEAD

/// A second secret that both ends share, exchanged apart from their keys. An attacker must break both to read the traffic.
package final class PresharedKey: Sendable {
    let secret: SecretBytes

    package static var byteCount: Int { 32 }

    /// Nil unless there are 32 bytes. The original is the caller's to wipe.
    package init?(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
        guard bytes.count == Self.byteCount else { return nil }
        secret = try SecretBytes(copying: bytes)
    }

    /// The key of a file: 44 characters of base64. Nil if they are something else.
    package init?(text: UnsafeRawBufferPointer) throws(AEADError) {
        var secret = try SecretBytes(count: Self.byteCount)
        guard secret.withUnsafeMutableBytes({ Base64.decode(text, into: $0) }) else { return nil }
        self.secret = secret
    }

    /// Whether both are the same secret, in constant time.
    package func isEqual(to other: PresharedKey) -> Bool {
        secret.isEqual(to: other.secret)
    }
}
