import SealaneTunnel

/// The identity that this host presents to peers: its certificate, and the identity key's signature over the agent's
/// static key. Does not keep the identity key.
package struct HostIdentity: Hashable, Sendable {
    package let certificate: IdentityCertificate
    package let staticKeySignature: StaticKeySignature

    /// - Parameter staticKeySignature: made by the certificate's key.
    package init(certificate: IdentityCertificate, staticKeySignature: StaticKeySignature) {
        self.certificate = certificate
        self.staticKeySignature = staticKeySignature
    }

    /// Reads both files and signs the static key. Throws if the key does not belong to the certificate.
    ///
    /// - Parameters:
    ///   - certificate: the path of a PEM file. Only its first certificate is used.
    ///   - key: the path of the key file, under the conditions of `IdentityKeyFile.read`.
    package static func read(
        certificate path: String, key keyPath: String, staticKey: PublicKey, fleet: TrustDomain
    ) throws(IdentityError) -> HostIdentity {
        let certificate = try IdentityCertificate.read(path)
        let key = try IdentityKeyFile.read(keyPath)
        do throws(IdentityProblem) {
            guard key.publicKey == certificate.publicKey else {
                throw IdentityProblem(
                    "the certificate \(certificate.serial) has a different key than \(keyPath)",
                    required: "the certificate issued for this key")
            }
            let signature = try StaticKeySignature(of: staticKey, fleet: fleet, by: key)
            return HostIdentity(certificate: certificate, staticKeySignature: signature)
        } catch {
            throw .content(.certificate, source: path, line: nil, error)
        }
    }

    /// The credential in a handshake: the signature, then the certificate.
    package var credential: [UInt8] { staticKeySignature.bytes + certificate.der }
}

extension PresentedIdentity {
    /// Splits a `HostIdentity.credential`. Nil if `credential` is not longer than a signature.
    package init?(credential: [UInt8]) {
        guard credential.count > StaticKeySignature.byteCount else { return nil }
        self.init(
            certificate: Array(credential.dropFirst(StaticKeySignature.byteCount)),
            staticKeySignature: Array(credential.prefix(StaticKeySignature.byteCount)))
    }
}
