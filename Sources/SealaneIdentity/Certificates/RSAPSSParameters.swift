import Crypto
import CryptoExtras
import SwiftASN1

/// The RSASSA-PSS parameters of a signature or of a key (RFC 4055 section 3.1).
struct RSAPSSParameters: Hashable, Sendable {
    enum Hash: Hashable, Sendable {
        case sha256, sha384, sha512
        /// By its common name.
        case unsupported(String)
    }

    /// SHA-1 if absent.
    private(set) var hash = Hash.unsupported("SHA-1")
    /// The hash of MGF1; SHA-1 if absent. Nil for another mask generation function.
    private(set) var maskHash: Hash? = .unsupported("SHA-1")
    private(set) var saltByteCount = 20
    private(set) var trailer = 1

    /// Larger than any key allows.
    private static var saltByteLimit: Int { 1 << 12 }

    init(_ node: ASN1Node) throws(IdentityProblem) {
        let unreadable = CertificateFields.problem("malformed RSA-PSS parameters")
        guard node.identifier == .sequence, let children = node.children else { throw unreadable }
        var last: UInt?
        for child in children {
            let number = child.identifier.tagNumber
            guard child.identifier == .explicit(number), last.map({ $0 < number }) ?? true, let value = child.onlyChild
            else { throw unreadable }
            last = number
            switch number {
            case 0: hash = try Self.hash(value)
            case 1:
                let mask = try AlgorithmIdentifier(value)
                maskHash = nil
                if mask.identifier == .mgf1, let parameters = mask.parameters { maskHash = try Self.hash(parameters) }
            case 2:
                guard let length = try? Int(derEncoded: value), (0...Self.saltByteLimit).contains(length) else {
                    throw unreadable
                }
                saltByteCount = length
            case 3:
                guard let field = try? Int(derEncoded: value) else { throw unreadable }
                trailer = field
            default: throw unreadable
            }
        }
    }

    private static func hash(_ node: ASN1Node) throws(IdentityProblem) -> Hash {
        let algorithm = try AlgorithmIdentifier(node)
        guard algorithm.hasNullParameters else {
            throw CertificateFields.problem("malformed RSA-PSS parameters")
        }
        return switch algorithm.identifier {
        case [2, 16, 840, 1, 101, 3, 4, 2, 1]: .sha256
        case [2, 16, 840, 1, 101, 3, 4, 2, 2]: .sha384
        case [2, 16, 840, 1, 101, 3, 4, 2, 3]: .sha512
        case [2, 16, 840, 1, 101, 3, 4, 2, 4]: .unsupported("SHA-224")
        case [1, 3, 14, 3, 2, 26]: .unsupported("SHA-1")
        case [1, 2, 840, 113549, 2, 5]: .unsupported("MD5")
        default: .unsupported("the hash \(algorithm.identifier)")
        }
    }

    /// Why signatures with these parameters are not accepted; nil if they are.
    var problem: IdentityProblem? {
        let required = "RSA-PSS with SHA-256, SHA-384 or SHA-512, MGF1 with the same hash, and trailer field 1"
        if case .unsupported(let name) = hash {
            return IdentityProblem("an RSA-PSS signature with \(name)", required: required)
        }
        guard let maskHash else {
            return IdentityProblem("an RSA-PSS signature without MGF1", required: required)
        }
        guard maskHash == hash else {
            return IdentityProblem("an RSA-PSS signature with two different hashes", required: required)
        }
        return trailer == 1
            ? nil : IdentityProblem("an RSA-PSS signature with trailer field \(trailer)", required: required)
    }

    /// Whether `signature` over `message` verifies under `key` with these parameters.
    func isValid(_ signature: ArraySlice<UInt8>, for message: ArraySlice<UInt8>, by key: _RSA.Signing.PublicKey) -> Bool
    {
        switch hash {
        case .sha256: isValid(signature, for: message, by: key, SHA256.self)
        case .sha384: isValid(signature, for: message, by: key, SHA384.self)
        case .sha512: isValid(signature, for: message, by: key, SHA512.self)
        case .unsupported: false
        }
    }

    /// The crypto library verifies only salts as long as the hash. Others are common: OpenSSL 3.0 uses the longest that
    /// fits.
    private func isValid<Function: HashFunction>(
        _ signature: ArraySlice<UInt8>, for message: ArraySlice<UInt8>, by key: _RSA.Signing.PublicKey,
        _ function: Function.Type
    ) -> Bool {
        let digest = Function.hash(data: Array(message))
        if saltByteCount == Function.Digest.byteCount {
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: Array(signature)), for: digest, padding: .PSS)
        }
        guard let numbers = try? key.getKeyPrimitives(),
            let modulus = RSAModulus(bytes: Array(numbers.modulus), exponent: Array(numbers.publicExponent)),
            let encoded = modulus.power(of: Array(signature))
        else { return false }
        return Self.isEncoding(
            encoded, of: Array(digest), bitCount: modulus.bitCount - 1, saltByteCount: saltByteCount, function)
    }

    /// EMSA-PSS-VERIFY (RFC 8017 section 9.1.2).
    ///
    /// - Parameter encoded: the encoded message, as long as the modulus.
    private static func isEncoding<Function: HashFunction>(
        _ encoded: [UInt8], of digest: [UInt8], bitCount: Int, saltByteCount: Int, _ function: Function.Type
    ) -> Bool {
        let byteCount = (bitCount + 7) / 8
        guard encoded.dropLast(byteCount).allSatisfy({ $0 == 0 }) else { return false }
        let message = Array(encoded.suffix(byteCount))
        let hashByteCount = digest.count
        guard byteCount >= hashByteCount + saltByteCount + 2, message.last == 0xbc else { return false }
        let maskedCount = byteCount - hashByteCount - 1
        let hash = Array(message[maskedCount..<byteCount - 1])
        let unusedBits = UInt8(8 * byteCount - bitCount)
        let usedBits = UInt8(0xff) >> unusedBits
        guard message[0] & ~usedBits == 0 else { return false }
        var block = zip(message, mask(from: hash, count: maskedCount, function)).map { $0 ^ $1 }
        block[0] &= usedBits
        let separator = maskedCount - saltByteCount - 1
        guard block[..<separator].allSatisfy({ $0 == 0 }), block[separator] == 1 else { return false }
        let salted = [UInt8](repeating: 0, count: 8) + digest + block[(separator + 1)...]
        return Array(Function.hash(data: salted)) == hash
    }

    /// MGF1 (RFC 8017 appendix B.2.1).
    private static func mask<Function: HashFunction>(
        from seed: [UInt8], count: Int, _ function: Function.Type
    ) -> [UInt8] {
        var mask: [UInt8] = []
        var counter: UInt32 = 0
        while mask.count < count {
            let bytes = (0..<4 as Range<UInt32>).map { UInt8(truncatingIfNeeded: counter >> (24 - 8 * $0)) }
            mask += Function.hash(data: seed + bytes)
            counter += 1
        }
        return Array(mask.prefix(count))
    }
}

extension ASN1ObjectIdentifier {
    fileprivate static let mgf1: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 8]
}

extension HashFunction {
    fileprivate static func hash(data: [UInt8]) -> Digest {
        var function = Self()
        data.withUnsafeBytes { function.update(bufferPointer: $0) }
        return function.finalize()
    }
}
