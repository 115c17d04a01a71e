import Crypto
import FoundationEssentials
import SealaneEligibility
import SealanePacket
import X509

/// An X.509 certificate (RFC 5280) that says who an instance is. Whether anybody vouches for it is for `IdentityVerifier`.
///
/// Version 3, an Ed25519 key that may sign (key usage digitalSignature) and that is no authority's, one instance URI, IP
/// addresses, and no other names. Extended key usage is absent, or allows both ends of a connection, since either end
/// may begin one.
public struct IdentityCertificate: Hashable, Sendable {
    /// What leaves room for all else in one handshake datagram.
    public static var byteLimit: Int { 1000 }

    /// As it travels and as it was signed.
    public let der: [UInt8]
    public let fingerprint: Fingerprint
    public var serial: CertificateSerial { certificate.serial }
    /// Whole seconds, both included.
    public let validity: ClosedRange<Date>
    /// Ed25519, 32 bytes.
    public let publicKey: [UInt8]
    let names: CertificateNames
    let certificate: CertificateFields

    public var uri: InstanceURI { names.uri }
    public var addresses: [IPAddress] { names.addresses }

    /// What the certificate says of its instance, of provenance `.certificate`; addresses as prefixes of one host each.
    public var facts: Facts { names.facts }

    /// Who issued it, as text for people.
    public var issuer: String { certificate.issuer.text }

    /// Reads DER that anybody may have made. More than `byteLimit` bytes are not looked at.
    public init(der: [UInt8]) throws(IdentityProblem) {
        guard der.count <= Self.byteLimit else {
            throw IdentityProblem("a certificate of \(der.count) bytes", required: "at most \(Self.byteLimit)")
        }
        let certificate = try CertificateFields(der: der)
        // First: what else would be wrong with an authority's certificate says nothing of the mistake.
        try certificate.checkIsNoAuthority()
        guard let key = Curve25519.Signing.PublicKey(certificate.key.key) else {
            throw IdentityProblem("a key of another kind: \(certificate.key.key.text)", required: "an Ed25519 key")
        }
        try key.checkOrder("the certificate")
        try certificate.checkCriticalExtensions(known: [.keyUsage, .extendedKeyUsage, .names, .basicConstraints])
        try certificate.signature.check()
        try certificate.checkKeyUsage("digitalSignature alone or with others, but not keyCertSign or cRLSign") {
            $0.digitalSignature && !$0.keyCertSign && !$0.cRLSign
        }
        try certificate.checkExtendedKeyUsage()
        validity = try certificate.validity()
        names = try CertificateNames(certificate.extensions)
        publicKey = Array(key.rawRepresentation)
        fingerprint = Fingerprint(of: der)
        self.der = der
        self.certificate = certificate
    }
}

extension CertificateFields {
    fileprivate func checkIsNoAuthority() throws(IdentityProblem) {
        guard try authorityPathLength() == nil else {
            throw IdentityProblem(
                "a certificate of an authority (\(subject.text))",
                required: "one of an instance; authorities belong into the trust bundle")
        }
    }
}

extension IdentityCertificate {
    /// The first certificate of a PEM text; those behind it, which many tools add, are of its authorities and belong into
    /// the trust bundle.
    ///
    /// - Parameter source: where the text is from, for errors: a path, or "standard input".
    public init(pem: [UInt8], source: String) throws(IdentityError) {
        let (block, line) = try PEMBlock.first("CERTIFICATE", in: pem, of: .certificate, source: source)
        do throws(IdentityProblem) {
            // The size of an authority's certificate says nothing of the mistake.
            if block.count > Self.byteLimit, let fields = try? CertificateFields(der: block) {
                try fields.checkIsNoAuthority()
            }
            try self.init(der: block)
        } catch {
            throw .content(.certificate, source: source, line: line, error)
        }
    }

    public static func read(_ path: String) throws(IdentityError) -> IdentityCertificate {
        try IdentityCertificate(pem: try IdentityError.fileContent(of: path, for: .certificate), source: path)
    }

    public var pem: [UInt8] { PEMBlock.text("CERTIFICATE", der) }
}
