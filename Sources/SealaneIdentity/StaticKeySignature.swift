import Crypto
import SealaneTunnel

/// An identity key's signature over the Noise static key of its host: whoever proves to hold the static key, as every
/// handshake does, is the instance that the certificate names. It holds for as long as both keys do, whatever becomes of
/// the certificate.
public struct StaticKeySignature: Hashable, Sendable {
    /// 64 bytes (RFC 8032 section 5.1.6).
    public let bytes: [UInt8]

    public static var byteCount: Int { 64 }

    /// Nil unless there are 64 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Signs.
    public init(of staticKey: PublicKey, fleet: TrustDomain, by key: IdentityKey) throws(IdentityProblem) {
        bytes = try key.signature(over: Self.message(staticKey, fleet))
    }

    /// Whether the holder of `certificate` signed this static key for this fleet.
    public func isValid(for staticKey: PublicKey, fleet: TrustDomain, by certificate: IdentityCertificate) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: certificate.publicKey) else {
            return false
        }
        return key.isValidSignature(bytes, for: Self.message(staticKey, fleet))
    }

    /// `sealane static key` · 0 · version 1 = 1 · length 1 and name of the fleet · static key 32.
    ///
    /// No certificate, certificate request or revocation list begins like this.
    static func message(_ staticKey: PublicKey, _ fleet: TrustDomain) -> [UInt8] {
        let name = Array(fleet.description.utf8)
        return Array("sealane static key".utf8) + [0, 1, UInt8(name.count)] + name + staticKey.bytes
    }
}
