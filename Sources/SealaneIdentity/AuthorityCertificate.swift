import Crypto
import FoundationEssentials
import SealaneEligibility
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
    let certificate: CertificateFields
    /// How many authorities may stand between it and a host; `.max` for no limit.
    let pathLength: Int
    let constraints: NameRules
    private let mayIssueLists: Bool
    /// Of its alternative names.
    let uris: [String]

    /// As text for people.
    public var subject: String { certificate.subject.text }
    public var issuer: String { certificate.issuer.text }
    public var serial: CertificateSerial { certificate.serial }
    /// What tells it apart from other authorities, whose names may be the same.
    public var keyIdentifier: KeyIdentifier { certificate.key.identifier }
    /// Its name and the beginning of its key identifier, for people.
    public var title: String { "\(subject) (key \(keyIdentifier.short))" }

    public init(der: [UInt8]) throws(IdentityProblem) {
        let certificate = try CertificateFields(der: der)
        try Curve25519.Signing.PublicKey(certificate.key.key)?.checkOrder("the authority \(certificate.subject.text)")
        guard let pathLength = try certificate.authorityPathLength() else {
            throw IdentityProblem(
                "\(certificate.subject.text) is no certificate authority", required: "basic constraints with CA:TRUE")
        }
        try certificate.checkCriticalExtensions(
            known: [.keyUsage, .extendedKeyUsage, .names, .basicConstraints, .nameConstraints])
        try certificate.checkKeyUsage("keyCertSign") { $0.keyCertSign }
        try certificate.checkExtendedKeyUsage()
        uris = try certificate.alternativeURIs()
        validity = try certificate.validity()
        isSelfSigned =
            certificate.subject == certificate.issuer && certificate.signature.isValid(by: certificate.key)
        // Nobody relies on the signature under a root.
        if !isSelfSigned { try certificate.signature.check() }
        fingerprint = Fingerprint(of: der)
        constraints = NameRules(of: certificate)
        mayIssueLists = (try? certificate.extensions.keyUsage)?.cRLSign == true
        self.pathLength = pathLength
        self.der = der
        self.certificate = certificate
    }

    /// The authority's key, if it is one of Ed25519.
    var signingKey: Curve25519.Signing.PublicKey? { Curve25519.Signing.PublicKey(certificate.key.key) }

    /// Whether its key can sign revocation lists, and its certificate lets it.
    var canSignLists: Bool { mayIssueLists && signingKey != nil }

    /// Why it may not sign revocation lists, if it may not.
    var listSigningProblem: IdentityProblem? {
        mayIssueLists
            ? nil
            : IdentityProblem(
                "the authority \(title) may not sign revocation lists",
                required: "one whose certificate has the key usage cRLSign")
    }

    /// Whether `other` bears this authority's signature.
    func hasSigned(_ other: AuthorityCertificate) -> Bool { hasSigned(other.certificate) }

    func hasSigned(_ other: CertificateFields) -> Bool {
        other.issuer == certificate.subject && other.signature.isValid(by: certificate.key)
    }

    /// The SPIFFE trust domains that it names: the fleets that it is of. Empty: it does not say.
    var fleets: [String] {
        uris.compactMap { uri in
            guard uri.hasPrefix(Self.scheme) else { return nil }
            return uri.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false).first
                .map(String.init)
        }
    }

    private static var scheme: String { "spiffe://" }

    /// The first certificate of a PEM file.
    public static func read(_ path: String) throws(IdentityError) -> AuthorityCertificate {
        let pem = try IdentityError.fileContent(of: path, for: .authority)
        let (content, line) = try PEMBlock.first("CERTIFICATE", in: pem, of: .authority, source: path)
        do throws(IdentityProblem) {
            return try AuthorityCertificate(der: content)
        } catch {
            throw .content(.authority, source: path, line: line, error)
        }
    }

    public var pem: [UInt8] { PEMBlock.text("CERTIFICATE", der) }
}
