import Crypto
import SealaneTunnel

/// An identity key's signature over its host's Noise static key. Every handshake proves possession of the static key,
/// so the signature proves that the peer is the instance named in the certificate. It is valid for as long as both keys
/// are in use, also with a renewed certificate.
package struct StaticKeySignature: Hashable, Sendable {
    /// 64 bytes (RFC 8032 section 5.1.6).
    package let bytes: [UInt8]

    package static var byteCount: Int { 64 }

    /// Nil unless `bytes` has 64 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Signs `staticKey` for `fleet`.
    package init(of staticKey: PublicKey, fleet: TrustDomain, by key: IdentityKey) throws(IdentityProblem) {
        bytes = try key.signature(over: Self.message(staticKey, fleet))
    }

    /// Whether the key of `certificate` signed this static key for this fleet.
    package func isValid(for staticKey: PublicKey, fleet: TrustDomain, by certificate: IdentityCertificate) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: certificate.publicKey) else {
            return false
        }
        return key.isValidSignature(bytes, for: Self.message(staticKey, fleet))
    }

    /// `sealane static key` · 0 · version 1 = 1 · length 1 and name of the fleet · static key 32.
    ///
    /// No certificate, certificate request or revocation list starts with these bytes.
    static func message(_ staticKey: PublicKey, _ fleet: TrustDomain) -> [UInt8] {
        let name = Array(fleet.description.utf8)
        return Array("sealane static key".utf8) + [0, 1, UInt8(name.count)] + name + staticKey.bytes
    }
}
