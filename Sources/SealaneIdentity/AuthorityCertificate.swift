import Crypto
import FoundationEssentials
import SwiftASN1
import X509

/// The certificate of a certificate authority: version 3, basic constraints with CA, key usage keyCertSign.
public struct AuthorityCertificate: Hashable, Sendable {
    public let der: [UInt8]
    public let fingerprint: Fingerprint
    /// Whole seconds, both included.
    public let validity: ClosedRange<Date>
    /// Whether it vouches for itself: a root. The signature was checked.
    public let isSelfSigned: Bool
    let certificate: Certificate

    /// As text for people.
    public var subject: String { certificate.subject.text }
    public var issuer: String { certificate.issuer.text }

    public init(der: [UInt8]) throws(IdentityProblem) {
        let certificate: Certificate
        do {
            certificate = try Certificate(derEncoded: der)
        } catch {
            throw IdentityProblem("bytes that are no certificate with a key of a known kind", required: "X.509 in DER")
        }
        guard certificate.version == .v3 else {
            throw IdentityProblem("a certificate of \(certificate.version)", required: "X.509 version 3")
        }
        try Curve25519.Signing.PublicKey(certificate.publicKey)?.checkOrder("the authority \(certificate.subject.text)")
        try certificate.checkCriticalExtensions(
            known: [.keyUsage, .extendedKeyUsage, .names, .basicConstraints, .nameConstraints])
        guard try certificate.authorityPathLength() != nil else {
            throw IdentityProblem(
                "\(certificate.subject.text) is no certificate authority", required: "basic constraints with CA:TRUE")
        }
        try certificate.checkKeyUsage("keyCertSign") { $0.keyCertSign }
        try certificate.checkExtendedKeyUsage()
        validity = try certificate.validity()
        let isSelfIssued = certificate.subject == certificate.issuer
        isSelfSigned =
            isSelfIssued && certificate.publicKey.isValidSignature(certificate.signature, for: certificate)
        // Nobody relies on the signature under a root.
        if !isSelfSigned { try certificate.checkSignatureAlgorithm() }
        fingerprint = Fingerprint(of: der)
        self.der = der
        self.certificate = certificate
    }

    /// The authority's key, if it is one of Ed25519.
    var signingKey: Curve25519.Signing.PublicKey? { Curve25519.Signing.PublicKey(certificate.publicKey) }

    /// Whether `other` bears this authority's signature.
    func hasSigned(_ other: AuthorityCertificate) -> Bool {
        other.certificate.issuer == certificate.subject
            && certificate.publicKey.isValidSignature(other.certificate.signature, for: other.certificate)
    }

    public var pem: [UInt8] { PEMBlock.text("CERTIFICATE", der) }
}
