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
    public let serial: CertificateSerial
    /// Whole seconds, both included.
    public let validity: ClosedRange<Date>
    /// Ed25519, 32 bytes.
    public let publicKey: [UInt8]
    let names: CertificateNames
    let certificate: Certificate

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
        let certificate: Certificate
        do {
            certificate = try Certificate(derEncoded: der)
        } catch {
            throw IdentityProblem(
                "\(der.count) bytes that are no certificate with a key of a known kind", required: "X.509 in DER")
        }
        guard certificate.version == .v3 else {
            throw IdentityProblem("a certificate of \(certificate.version)", required: "X.509 version 3")
        }
        guard let serial = CertificateSerial(bytes: certificate.serialNumber.bytes) else {
            throw IdentityProblem("a serial number of more bytes", required: "at most \(CertificateSerial.byteLimit)")
        }
        guard let key = Curve25519.Signing.PublicKey(certificate.publicKey) else {
            throw IdentityProblem("a key of \(certificate.publicKey)", required: "an Ed25519 key")
        }
        try key.checkOrder("the certificate")
        try certificate.checkCriticalExtensions(known: [.keyUsage, .extendedKeyUsage, .names, .basicConstraints])
        try certificate.checkSignatureAlgorithm()
        guard try certificate.authorityPathLength() == nil else {
            throw IdentityProblem("a certificate of an authority", required: "one of an instance")
        }
        try certificate.checkKeyUsage("digitalSignature alone or with others, but not keyCertSign or cRLSign") {
            $0.digitalSignature && !$0.keyCertSign && !$0.cRLSign
        }
        try certificate.checkExtendedKeyUsage()
        validity = try certificate.validity()
        names = try CertificateNames(certificate.extensions)
        publicKey = Array(key.rawRepresentation)
        fingerprint = Fingerprint(of: der)
        self.serial = serial
        self.der = der
        self.certificate = certificate
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
