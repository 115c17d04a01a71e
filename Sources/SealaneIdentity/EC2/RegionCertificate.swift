import CryptoExtras
import SealaneLinux
import SwiftASN1
import X509

/// The certificate that signs the instance identity documents of a Region: its issuer, serial number and key.
///
/// It is trusted because it is pinned. Its own signature, extensions and validity (180 years in AWS's certificates) are
/// ignored.
package struct RegionCertificate: Sendable {
    /// The DER of the issuer's Name.
    let issuer: [UInt8]
    /// The content of the DER INTEGER.
    let serialNumber: [UInt8]
    private let key: _RSA.Signing.PublicKey

    /// Nil unless `modulus` and 65537 form an RSA key of 2048 bits. Both numbers are unsigned and big-endian.
    init?(issuer: [UInt8], serialNumber: some Collection<UInt8>, modulus: [UInt8]) {
        let exponent: [UInt8] = [1, 0, 1]
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent), key.keySizeInBits == 2048 else {
            return nil
        }
        self.issuer = issuer
        self.serialNumber = Self.integer(serialNumber)
        self.key = key
    }

    /// Reads a single certificate in PEM.
    ///
    /// - Parameter source: the origin of the text, for errors.
    package init(fileContent content: [UInt8], source: String) throws(RegionCertificateError) {
        guard let text = String(validating: content, as: UTF8.self),
            let certificate = try? Certificate(pemEncoded: text)
        else {
            throw .refused(source: source, "it is not a single certificate in PEM")
        }
        guard let key = _RSA.Signing.PublicKey(certificate.publicKey), key.keySizeInBits == 2048 else {
            throw .refused(source: source, "its key is not an RSA key of 2048 bits")
        }
        var serializer = DER.Serializer()
        do {
            try serializer.serialize(certificate.issuer)
        } catch {
            throw .refused(source: source, "its issuer is malformed")
        }
        issuer = serializer.serializedBytes
        serialNumber = Self.integer(certificate.serialNumber.bytes)
        self.key = key
    }

    /// Reads the file at `path` like `init(fileContent:source:)`.
    package static func read(_ path: String) throws(RegionCertificateError) -> RegionCertificate {
        let content: [UInt8]?
        do {
            content = try AtomicFile.read(path, maximumByteCount: 16384)
        } catch {
            throw .file(error)
        }
        guard let content else { throw .refused(source: path, "the file does not exist") }
        return try RegionCertificate(fileContent: content, source: path)
    }

    /// The content of the DER INTEGER for an unsigned number: as few bytes as possible, with the first bit 0.
    private static func integer(_ number: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(number.drop { $0 == 0 })
        return (bytes.first ?? 0x80) < 0x80 ? bytes : [0] + bytes
    }

    /// Whether `signature` is a valid RSASSA-PKCS1-v1_5 signature with SHA-256 over `bytes` by this key.
    func isValid(_ signature: some Collection<UInt8>, for bytes: [UInt8]) -> Bool {
        key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: Array(signature)), for: bytes, padding: .insecurePKCS1v1_5)
    }
}

extension RegionCertificate: Equatable {
    package static func == (left: Self, right: Self) -> Bool {
        (left.issuer, left.serialNumber) == (right.issuer, right.serialNumber)
            && left.key.derRepresentation == right.key.derRepresentation
    }
}
