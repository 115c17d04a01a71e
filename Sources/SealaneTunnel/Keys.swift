import CSodium
import SealaneAEAD

/// An X25519 public key (RFC 7748): who a peer is.
public struct PublicKey: Hashable, Sendable {
    /// 32 bytes.
    public let bytes: [UInt8]

    public static var byteCount: Int { 32 }

    /// Nil unless there are 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    fileprivate init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether it is one of the points whose order divides 8, in any of their encodings: what is agreed with it is the same
    /// for everybody (RFC 7748 section 6.1). No private key has such a public key.
    public var isOfLowOrder: Bool {
        // Bit 255 does not count (RFC 7748 section 5).
        let coordinate = Array(bytes.dropLast()) + [bytes[Self.byteCount - 1] & 0x7F]
        return Self.lowOrder.contains(coordinate)
    }

    /// u: 0, 1, the two of order 8, p - 1, and 0 and 1 as p and p + 1. Little-endian, p = 2^255 - 19.
    private static let lowOrder: Set<[UInt8]> = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [
            0xE0, 0xEB, 0x7A, 0x7C, 0x3B, 0x41, 0xB8, 0xAE, 0x16, 0x56, 0xE3, 0xFA, 0xF1, 0x9F, 0xC4, 0x6A,
            0xDA, 0x09, 0x8D, 0xEB, 0x9C, 0x32, 0xB1, 0xFD, 0x86, 0x62, 0x05, 0x16, 0x5F, 0x49, 0xB8, 0x00,
        ],
        [
            0x5F, 0x9C, 0x95, 0xBC, 0xA3, 0x50, 0x8C, 0x24, 0xB1, 0xD0, 0xB1, 0x55, 0x9C, 0x83, 0xEF, 0x5B,
            0x04, 0x44, 0x5C, 0xC4, 0x58, 0x1C, 0x8E, 0x86, 0xD8, 0x22, 0x4E, 0xDD, 0xD0, 0x9F, 0x11, 0x57,
        ],
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [0xEE] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
    ]
}

extension PublicKey: LosslessStringConvertible {
    /// 44 characters of base64, the one encoding of the key.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        let text = Array(text.utf8)
        let isDecoded = bytes.withUnsafeMutableBytes { output in
            text.withUnsafeBytes { Base64.decode($0, into: output) }
        }
        guard isDecoded else { return nil }
        self.bytes = bytes
    }

    public var description: String {
        String(decoding: bytes.withUnsafeBytes { Base64.encode($0) }, as: UTF8.self)
    }
}

/// An X25519 private key, in guarded memory: an agent's own, or an ephemeral one.
public struct StaticPrivateKey: ~Copyable, Sendable {
    let secret: SecretBytes
    public let publicKey: PublicKey

    /// Nil unless there are 32 bytes. The original is the caller's to wipe.
    public init?(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
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
    public static func generate(using random: inout some RandomNumberGenerator) throws(AEADError) -> StaticPrivateKey {
        var secret = try SecretBytes(count: PublicKey.byteCount)
        secret.withUnsafeMutableBytes { bytes in
            bytes.fill(using: &random)
            bytes[0] &= 0xF8
            bytes[31] = bytes[31] & 0x7F | 0x40
        }
        return StaticPrivateKey(secret: secret)
    }

    /// Lends the 44 characters of the key file, and wipes them afterwards.
    public borrowing func withText<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        var text = secret.withUnsafeBytes { Base64.encode($0) }
        defer { text.withUnsafeMutableBytes { sodium_memzero($0.baseAddress, $0.count) } }
        return try text.withUnsafeBytes(body)
    }

    /// The key of a key file: 44 characters of base64. Nil if they are something else.
    public init?(text: UnsafeRawBufferPointer) throws(AEADError) {
        var secret = try SecretBytes(count: PublicKey.byteCount)
        guard secret.withUnsafeMutableBytes({ Base64.decode(text, into: $0) }) else { return nil }
        self.init(secret: secret)
    }

    /// The X25519 shared secret with `remote`. Nil if it is all zero: `remote` is of low order and proves nothing
    /// (RFC 7748 section 6.1).
    public borrowing func sharedSecret(with remote: PublicKey) throws(AEADError) -> SecretBytes? {
        var shared = try SecretBytes(count: PublicKey.byteCount)
        let status = shared.withUnsafeMutableBytePointer { output in
            secret.withUnsafeBytePointer { crypto_scalarmult(output, $0, remote.bytes) }
        }
        return status == 0 ? consume shared : nil
    }
}

/// A second secret that both ends share and that travels another way than their keys: who would read the traffic must
/// break both.
public final class PresharedKey: Sendable {
    let secret: SecretBytes

    public static var byteCount: Int { 32 }

    /// Nil unless there are 32 bytes. The original is the caller's to wipe.
    public init?(copying bytes: UnsafeRawBufferPointer) throws(AEADError) {
        guard bytes.count == Self.byteCount else { return nil }
        secret = try SecretBytes(copying: bytes)
    }

    /// The key of a file: 44 characters of base64. Nil if they are something else.
    public init?(text: UnsafeRawBufferPointer) throws(AEADError) {
        var secret = try SecretBytes(count: Self.byteCount)
        guard secret.withUnsafeMutableBytes({ Base64.decode(text, into: $0) }) else { return nil }
        self.secret = secret
    }

    /// Whether both are the same secret; takes the same time wherever they differ.
    public func isEqual(to other: PresharedKey) -> Bool {
        secret.isEqual(to: other.secret)
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
