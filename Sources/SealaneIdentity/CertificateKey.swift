import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// The public key of a certificate, as its SubjectPublicKeyInfo has it.
struct CertificateKey: Hashable, Sendable {
    let key: Certificate.PublicKey
    /// SHA-256 of the SubjectPublicKeyInfo: what tells authorities apart, whatever they are called.
    let identifier: KeyIdentifier
    /// Of a key that is for RSASSA-PSS alone (RFC 4055 section 1.2).
    let restriction: Restriction?

    enum Restriction: Hashable, Sendable {
        /// With any parameters.
        case pss
        /// With this hash, and a salt of at least this length.
        case pssWith(RSAPSSParameters)
    }

    init(_ node: ASN1Node) throws(IdentityProblem) {
        let required = "Ed25519, ECDSA on P-256, P-384 or P-521, or RSA of 2048 bits or more"
        var fields = try CertificateFields.Fields(of: node, "its public key")
        let algorithm = try AlgorithmFields(fields.next("algorithm"))
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
                        ? Self.rsaProblem(bits) : "\(Self.kind(algorithm)), which is not supported or is damaged",
                    required: required)
            }
            self.key = key
            restriction = nil
        }
    }

    /// For people.
    private static func kind(_ algorithm: AlgorithmFields) -> String {
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
        else { return "an RSA key that cannot be read" }
        let digits = bytes.drop { $0 == 0 }
        let count = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        return count < 2048 ? "an RSA key of \(count) bits" : "an RSA key of \(count) bits that is not in order"
    }
}

extension Certificate.PublicKey {
    /// For people: `RSA of 2048 bits`.
    var text: String {
        if let rsa = _RSA.Signing.PublicKey(self) { return "RSA of \(rsa.keySizeInBits) bits" }
        if P256.Signing.PublicKey(self) != nil { return "ECDSA on P-256" }
        if P384.Signing.PublicKey(self) != nil { return "ECDSA on P-384" }
        if P521.Signing.PublicKey(self) != nil { return "ECDSA on P-521" }
        return Curve25519.Signing.PublicKey(self) != nil ? "Ed25519" : "another kind"
    }
}

/// What tells public keys apart: SHA-256 of a SubjectPublicKeyInfo. Comes as 64 hexadecimal digits.
public struct KeyIdentifier: Hashable, Sendable, Comparable, LosslessStringConvertible {
    public let description: String

    init(of subjectPublicKeyInfo: some Sequence<UInt8>) {
        description = SHA256.hash(data: Array(subjectPublicKeyInfo)).hexadecimal
    }

    /// Nil unless these are 64 hexadecimal digits in lower case.
    public init?(_ text: String) {
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// What people need to tell a few apart.
    public var short: String { String(description.prefix(16)) }

    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// An AlgorithmIdentifier: which algorithm, and its parameters if there are any.
struct AlgorithmFields {
    let identifier: ASN1ObjectIdentifier
    let parameters: ASN1Node?

    init(_ node: ASN1Node) throws(IdentityProblem) {
        guard node.identifier == .sequence, let children = node.children, (1...2).contains(children.count),
            let identifier = try? ASN1ObjectIdentifier(derEncoded: children[0])
        else { throw CertificateFields.problem("an algorithm identifier that cannot be read") }
        self.identifier = identifier
        parameters = children.count == 2 ? children[1] : nil
    }

    var hasNoParameters: Bool { parameters == nil }

    /// RFC 4055 section 5: both are RSA's way to have none.
    var hasNullParameters: Bool {
        guard let parameters else { return true }
        guard parameters.identifier == .null, case .primitive(let content) = parameters.content else { return false }
        return content.isEmpty
    }
}

extension ASN1ObjectIdentifier {
    static let rsaKey: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
    static let rsaPSS: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 10]
    static let ellipticCurveKey: ASN1ObjectIdentifier = [1, 2, 840, 10045, 2, 1]
    static let p256: ASN1ObjectIdentifier = [1, 2, 840, 10045, 3, 1, 7]
    static let p384: ASN1ObjectIdentifier = [1, 3, 132, 0, 34]
    static let p521: ASN1ObjectIdentifier = [1, 3, 132, 0, 35]
    static let ed25519: ASN1ObjectIdentifier = [1, 3, 101, 112]
    static let ed448: ASN1ObjectIdentifier = [1, 3, 101, 113]
    static let x25519: ASN1ObjectIdentifier = [1, 3, 101, 110]
    static let dsaKey: ASN1ObjectIdentifier = [1, 2, 840, 10040, 4, 1]
}
