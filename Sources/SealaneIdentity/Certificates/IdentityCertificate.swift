import Crypto
import FoundationEssentials
import SealaneEligibility
import SealanePacket
import X509

/// An X.509 certificate (RFC 5280) that identifies an instance. `IdentityVerifier` checks who issued it.
///
/// Version 3; an Ed25519 key with key usage digitalSignature; not a CA; as names, one instance URI and IP addresses
/// only. Extended key usage is absent or allows both client and server, because either host may initiate.
package struct IdentityCertificate: Hashable, Sendable {
    /// Leaves room for everything else in one handshake datagram.
    package static var byteLimit: Int { 1000 }

    /// The certificate as it was signed and as handshakes carry it.
    package let der: [UInt8]
    package let fingerprint: Fingerprint
    package var serial: CertificateSerial { certificate.serial }
    /// In whole seconds, both ends included.
    package let validity: ClosedRange<Date>
    /// Ed25519, 32 bytes.
    package let publicKey: [UInt8]
    let names: CertificateNames
    let certificate: CertificateFields

    package var uri: InstanceURI { names.uri }
    package var addresses: [IPAddress] { names.addresses }

    /// The facts in the certificate, with provenance `.certificate`. Each address is a host route.
    package var facts: Facts { names.facts }

    /// The issuer's name, for display.
    package var issuer: String { certificate.issuer.text }

    /// Reads untrusted DER. Refuses more than `byteLimit` bytes without parsing.
    package init(der: [UInt8]) throws(IdentityProblem) {
        guard der.count <= Self.byteLimit else {
            throw IdentityProblem("a certificate of \(der.count) bytes", required: "at most \(Self.byteLimit)")
        }
        let certificate = try CertificateFields(der: der)
        // Check this first: for a CA certificate, any other problem would hide the actual mistake.
        try certificate.checkIsNotAuthority()
        guard let key = Curve25519.Signing.PublicKey(certificate.key.key) else {
            throw IdentityProblem("a key of type \(certificate.key.key.text)", required: "an Ed25519 key")
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
    fileprivate func checkIsNotAuthority() throws(IdentityProblem) {
        guard try authorityPathLength() == nil else {
            throw IdentityProblem(
                "the certificate of an authority (\(subject.text))",
                required: "the certificate of an instance; authorities belong in the trust bundle")
        }
    }
}

extension IdentityCertificate {
    /// Reads the first certificate of a PEM text. Many tools append the certificates of the authorities; those belong
    /// in the trust bundle and are ignored here.
    ///
    /// - Parameter source: the origin of the text, for errors: a path, or "standard input".
    package init(pem: [UInt8], source: String) throws(IdentityError) {
        let (block, line) = try PEMBlock.first("CERTIFICATE", in: pem, of: .certificate, source: source)
        do throws(IdentityProblem) {
            // A CA certificate is often too long as well; report the actual mistake.
            if block.count > Self.byteLimit, let fields = try? CertificateFields(der: block) {
                try fields.checkIsNotAuthority()
            }
            try self.init(der: block)
        } catch {
            throw .content(.certificate, source: source, line: line, error)
        }
    }

    package static func read(_ path: String) throws(IdentityError) -> IdentityCertificate {
        try IdentityCertificate(pem: try IdentityError.fileContent(of: path, for: .certificate), source: path)
    }

    package var pem: [UInt8] { PEMBlock.text("CERTIFICATE", der) }
}
