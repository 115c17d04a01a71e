import SealaneTunnel

/// Who this host is, as it shows others: its certificate, and the identity key's signature over the agent's static key. The
/// identity key itself is not kept.
public struct HostIdentity: Hashable, Sendable {
    public let certificate: IdentityCertificate
    public let staticKeySignature: StaticKeySignature

    /// - Parameter staticKeySignature: by the certificate's key.
    public init(certificate: IdentityCertificate, staticKeySignature: StaticKeySignature) {
        self.certificate = certificate
        self.staticKeySignature = staticKeySignature
    }

    /// Reads both files and signs. Throws if the key is not the certificate's.
    ///
    /// - Parameters:
    ///   - certificate: the path of a PEM file; what follows its first certificate is left out.
    ///   - key: the path of the key's file, under the conditions of `IdentityKeyFile.read`.
    public static func read(
        certificate path: String, key keyPath: String, staticKey: PublicKey, fleet: TrustDomain
    ) throws(IdentityError) -> HostIdentity {
        let certificate = try IdentityCertificate.read(path)
        let key = try IdentityKeyFile.read(keyPath)
        do throws(IdentityProblem) {
            guard key.publicKey == certificate.publicKey else {
                throw IdentityProblem(
                    "the certificate \(certificate.serial) is for another key than the one in \(keyPath)",
                    required: "the certificate that was issued for this key")
            }
            let signature = try StaticKeySignature(of: staticKey, fleet: fleet, by: key)
            return HostIdentity(certificate: certificate, staticKeySignature: signature)
        } catch {
            throw .content(.certificate, source: path, line: nil, error)
        }
    }

    /// What a handshake carries: the signature, then the certificate.
    public var credential: [UInt8] { staticKeySignature.bytes + certificate.der }
}

extension PresentedIdentity {
    /// Takes apart what `HostIdentity.credential` put together. Nil if it is no longer than a signature.
    public init?(credential: [UInt8]) {
        guard credential.count > StaticKeySignature.byteCount else { return nil }
        self.init(
            certificate: Array(credential.dropFirst(StaticKeySignature.byteCount)),
            staticKeySignature: Array(credential.prefix(StaticKeySignature.byteCount)))
    }
}
