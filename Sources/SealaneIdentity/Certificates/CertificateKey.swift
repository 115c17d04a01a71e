import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// The public key in a certificate's SubjectPublicKeyInfo.
struct CertificateKey: Hashable, Sendable {
    let key: Certificate.PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo. Identifies an authority, whatever its name.
    let identifier: KeyIdentifier
    /// For a key that is restricted to RSASSA-PSS (RFC 4055 section 1.2).
    let restriction: Restriction?

    enum Restriction: Hashable, Sendable {
        /// With any parameters.
        case pss
        /// With this hash and a salt of at least this length.
        case pssWith(RSAPSSParameters)
    }

    init(_ node: ASN1Node) throws(IdentityProblem) {
        let required = "Ed25519, ECDSA on P-256, P-384 or P-521, or RSA of 2048 bits or more"
        var fields = try CertificateFields.Fields(of: node, "its public key")
        let algorithm = try AlgorithmIdentifier(fields.next("algorithm"))
        let bits = try fields.next("bits")
        try fields.end()
        identifier = KeyIdentifier(of: node.encodedBytes)
        switch algorithm.identifier {
        case .rsaPSS:
            guard let rsa = try? _RSA.Signing.PublicKey(derRepresentation: Array(node.encodedBytes)) else {
                throw IdentityProblem(Self.rsaProblem(bits), required: required)
            }
            key = Certificate.PublicKey(rsa)
            if let parameters = algorithm.parameters {
                restriction = .pssWith(try RSAPSSParameters(parameters))
            } else {
                restriction = .pss
            }
        default:
            guard let key = try? Certificate.PublicKey(derEncoded: node) else {
                throw IdentityProblem(
                    algorithm.identifier == .rsaKey
                        ? Self.rsaProblem(bits) : "\(Self.kind(algorithm)), which is unsupported or malformed",
                    required: required)
            }
            self.key = key
            restriction = nil
        }
    }

    /// For display.
    private static func kind(_ algorithm: AlgorithmIdentifier) -> String {
        switch algorithm.identifier {
        case .ellipticCurveKey:
            guard let curve = algorithm.parameters.flatMap({ try? ASN1ObjectIdentifier(derEncoded: $0) }) else {
                return "an ECDSA key without a named curve"
            }
            return switch curve {
            case .p256: "an ECDSA key on P-256"
            case .p384: "an ECDSA key on P-384"
            case .p521: "an ECDSA key on P-521"
            default: "an ECDSA key on the curve \(curve)"
            }
        case .ed25519: return "an Ed25519 key"
        case .ed448: return "an Ed448 key"
        case .x25519: return "an X25519 key"
        case .dsaKey: return "a DSA key"
        default: return "a key of the algorithm \(algorithm.identifier)"
        }
    }

    private static func rsaProblem(_ bits: ASN1Node) -> String {
        guard let string = try? ASN1BitString(derEncoded: bits), let numbers = try? DER.parse(string.bytes),
            let modulus = numbers.children?.first, case .primitive(let bytes) = modulus.content
        else { return "a malformed RSA key" }
        let digits = bytes.drop { $0 == 0 }
        let count = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        return count < 2048 ? "an RSA key of \(count) bits" : "an invalid RSA key of \(count) bits"
    }
}

extension Certificate.PublicKey {
    /// For display: `RSA of 2048 bits`.
    var text: String {
        if let rsa = _RSA.Signing.PublicKey(self) { return "RSA of \(rsa.keySizeInBits) bits" }
        if P256.Signing.PublicKey(self) != nil { return "ECDSA on P-256" }
        if P384.Signing.PublicKey(self) != nil { return "ECDSA on P-384" }
        if P521.Signing.PublicKey(self) != nil { return "ECDSA on P-521" }
        return Curve25519.Signing.PublicKey(self) != nil ? "Ed25519" : "unknown"
    }
}
