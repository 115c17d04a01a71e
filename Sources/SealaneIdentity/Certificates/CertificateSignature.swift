import Crypto
import CryptoExtras
import SwiftASN1
import X509

/// The signature of a certificate, and the bytes it covers.
struct CertificateSignature: Hashable, Sendable {
    enum Algorithm: Hashable, Sendable {
        /// An algorithm that the X509 library verifies.
        case standard(Certificate.SignatureAlgorithm)
        case pss(RSAPSSParameters)
        /// A description of the signature, for errors.
        case unsupported(String)
    }

    let algorithm: Algorithm
    let bytes: ArraySlice<UInt8>
    /// The DER of the TBSCertificate.
    let signed: ArraySlice<UInt8>

    /// Whether `key` verifies the signature. False for an unsupported algorithm.
    func isValid(by key: CertificateKey) -> Bool {
        switch algorithm {
        case .standard(let algorithm):
            return key.restriction == nil && key.key.isValidSignature(bytes, for: signed, signatureAlgorithm: algorithm)
        case .pss(let parameters):
            guard parameters.problem == nil, let rsa = _RSA.Signing.PublicKey(key.key) else { return false }
            if case .pssWith(let least)? = key.restriction {
                guard least.hash == parameters.hash, least.maskHash == parameters.maskHash,
                    least.saltByteCount <= parameters.saltByteCount
                else { return false }
            }
            return parameters.isValid(bytes, for: signed, by: rsa)
        case .unsupported: return false
        }
    }

    /// Throws unless signatures with this algorithm prove anything: collisions of SHA-1 and MD5 are practical.
    func check() throws(IdentityProblem) {
        let required = "Ed25519, or ECDSA, RSA or RSA-PSS with SHA-256, SHA-384 or SHA-512"
        switch algorithm {
        case .standard(.sha1WithRSAEncryption):
            throw IdentityProblem("an RSA signature with SHA-1", required: required)
        case .standard: return
        case .pss(let parameters):
            if let problem = parameters.problem { throw problem }
        case .unsupported(let name): throw IdentityProblem(name, required: required)
        }
    }
}

extension CertificateSignature.Algorithm {
    init(_ node: ASN1Node) throws(IdentityProblem) {
        let fields = try AlgorithmIdentifier(node)
        if fields.identifier == .rsaPSS {
            guard let parameters = fields.parameters else {
                throw CertificateFields.problem("an RSA-PSS signature without its parameters")
            }
            self = .pss(try RSAPSSParameters(parameters))
            return
        }
        let known: Certificate.SignatureAlgorithm? =
            switch fields.identifier {
            case [1, 2, 840, 10045, 4, 3, 2]: .ecdsaWithSHA256
            case [1, 2, 840, 10045, 4, 3, 3]: .ecdsaWithSHA384
            case [1, 2, 840, 10045, 4, 3, 4]: .ecdsaWithSHA512
            case [1, 2, 840, 113549, 1, 1, 5]: .sha1WithRSAEncryption
            case [1, 2, 840, 113549, 1, 1, 11]: .sha256WithRSAEncryption
            case [1, 2, 840, 113549, 1, 1, 12]: .sha384WithRSAEncryption
            case [1, 2, 840, 113549, 1, 1, 13]: .sha512WithRSAEncryption
            case .ed25519: .ed25519
            default: nil
            }
        guard let known else {
            self = .unsupported(Self.name(fields.identifier))
            return
        }
        let isRSA = fields.identifier.description.hasPrefix("1.2.840.113549.1.1.")
        guard isRSA ? fields.hasNullParameters : fields.hasNoParameters else {
            throw CertificateFields.problem("a signature algorithm with invalid parameters")
        }
        self = .standard(known)
    }

    private static func name(_ identifier: ASN1ObjectIdentifier) -> String {
        switch identifier {
        case [1, 2, 840, 113549, 1, 1, 2]: "an RSA signature with MD2"
        case [1, 2, 840, 113549, 1, 1, 4]: "an RSA signature with MD5"
        case [1, 2, 840, 113549, 1, 1, 14]: "an RSA signature with SHA-224"
        case [1, 2, 840, 10045, 4, 1]: "an ECDSA signature with SHA-1"
        case [1, 2, 840, 10045, 4, 3, 1]: "an ECDSA signature with SHA-224"
        case [1, 2, 840, 10040, 4, 3]: "a DSA signature with SHA-1"
        case [2, 16, 840, 1, 101, 3, 4, 3, 2]: "a DSA signature with SHA-256"
        case .ed448: "an Ed448 signature"
        default: "a signature with the algorithm \(identifier)"
        }
    }
}
