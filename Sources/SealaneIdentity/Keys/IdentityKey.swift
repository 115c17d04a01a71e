import Crypto
import SealaneAEAD
import SealaneTunnel
import X509

/// An Ed25519 private key: a host proves its identity with it, or an authority signs with it. Its memory is wiped when
/// the last copy is released.
package struct IdentityKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    static var byteCount: Int { 32 }

    /// Ed25519, 32 bytes.
    package var publicKey: [UInt8] { Array(key.publicKey.rawRepresentation) }

    /// Generates a key.
    package static func generate(using random: inout some RandomNumberGenerator) throws(IdentityError) -> IdentityKey {
        var seed = try IdentityKeyText.inMemory { () throws(AEADError) in try SecretBytes(count: byteCount) }
        seed.withUnsafeMutableBytes { bytes in
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) }
        }
        return try IdentityKey(seed: seed, source: "random bytes")
    }

    init(seed: borrowing SecretBytes, source: String) throws(IdentityError) {
        do {
            key = try seed.withUnsafeBytes { try Curve25519.Signing.PrivateKey(rawRepresentation: $0) }
        } catch {
            throw .text(.identityKey, source: source, .notEd25519)
        }
    }

    /// For signing with the X509 library.
    var certificateKey: Certificate.PrivateKey { Certificate.PrivateKey(key) }

    /// 64 bytes (RFC 8032 section 5.1.6).
    func signature(over message: [UInt8]) throws(IdentityProblem) -> [UInt8] {
        do {
            return Array(try key.signature(for: message))
        } catch {
            throw IdentityProblem("signing failed", required: "an Ed25519 key that signs")
        }
    }

    /// Passes the private key's 32 bytes to `body`.
    func withSeed<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        // Not a copy: this data is the key's own memory.
        try key.rawRepresentation.withUnsafeBytes(body)
    }
}
