import Crypto
import FoundationEssentials
import X509

/// The certificate of a certificate authority (CA): version 3, basic constraints with CA:TRUE, key usage keyCertSign.
package struct AuthorityCertificate: Hashable, Sendable {
    package let der: [UInt8]
    package let fingerprint: Fingerprint
    /// In whole seconds, both ends included.
    package let validity: ClosedRange<Date>
    /// Whether this is a root: issuer and subject are equal, and the certificate's own key verifies its signature.
    package let isSelfSigned: Bool
    let certificate: CertificateFields
    /// The path length constraint: how many intermediate authorities may be between this one and a host; `.max` if
    /// unlimited.
    let pathLength: Int
    let constraints: AuthorityNameConstraints
    private let mayIssueLists: Bool
    /// The URIs among the subject alternative names.
    let uris: [String]

    /// For display.
    package var subject: String { certificate.subject.text }
    package var issuer: String { certificate.issuer.text }
    package var serial: CertificateSerial { certificate.serial }
    /// Identifies the authority: several authorities may have the same name.
    package var keyIdentifier: KeyIdentifier { certificate.key.identifier }
    /// Its name and the beginning of its key identifier, for display.
    package var title: String { "\(subject) (key \(keyIdentifier.short))" }

    package init(der: [UInt8]) throws(IdentityProblem) {
        let certificate = try CertificateFields(der: der)
        try Curve25519.Signing.PublicKey(certificate.key.key)?.checkOrder("the authority \(certificate.subject.text)")
        guard let pathLength = try certificate.authorityPathLength() else {
            throw IdentityProblem(
                "\(certificate.subject.text) is not a certificate authority", required: "basic constraints with CA:TRUE"
            )
        }
        try certificate.checkCriticalExtensions(
            known: [.keyUsage, .extendedKeyUsage, .names, .basicConstraints, .nameConstraints])
        try certificate.checkKeyUsage("keyCertSign") { $0.keyCertSign }
        try certificate.checkExtendedKeyUsage()
        uris = try certificate.alternativeURIs()
        validity = try certificate.validity()
        isSelfSigned =
            certificate.subject == certificate.issuer && certificate.signature.isValid(by: certificate.key)
        // A root is trusted because it is in the bundle, whatever its signature algorithm.
        if !isSelfSigned { try certificate.signature.check() }
        fingerprint = Fingerprint(of: der)
        constraints = AuthorityNameConstraints(of: certificate)
        mayIssueLists = (try? certificate.extensions.keyUsage)?.cRLSign == true
        self.pathLength = pathLength
        self.der = der
        self.certificate = certificate
    }

    /// The authority's key if it is an Ed25519 key.
    var signingKey: Curve25519.Signing.PublicKey? { Curve25519.Signing.PublicKey(certificate.key.key) }

    /// Whether its key can sign revocation lists and its certificate allows it.
    var canSignLists: Bool { mayIssueLists && signingKey != nil }

    /// Why it may not sign revocation lists; nil if it may.
    var listSigningProblem: IdentityProblem? {
        mayIssueLists
            ? nil
            : IdentityProblem(
                "the authority \(title) may not sign revocation lists",
                required: "an authority whose certificate has the key usage cRLSign")
    }

    /// Whether this authority issued and signed `other`.
    func hasSigned(_ other: AuthorityCertificate) -> Bool { hasSigned(other.certificate) }

    func hasSigned(_ other: CertificateFields) -> Bool {
        other.issuer == certificate.subject && other.signature.isValid(by: certificate.key)
    }

    /// The SPIFFE trust domains it names: the fleets it belongs to. Empty if it names none.
    var fleets: [String] {
        uris.compactMap { uri in
            guard uri.hasPrefix(Self.scheme) else { return nil }
            return uri.dropFirst(Self.scheme.count).split(separator: "/", omittingEmptySubsequences: false).first
                .map(String.init)
        }
    }

    private static var scheme: String { "spiffe://" }

    /// Reads the first certificate of a PEM file.
    package static func read(_ path: String) throws(IdentityError) -> AuthorityCertificate {
        let pem = try IdentityError.fileContent(of: path, for: .authority)
        let (content, line) = try PEMBlock.first("CERTIFICATE", in: pem, of: .authority, source: path)
        do throws(IdentityProblem) {
            return try AuthorityCertificate(der: content)
        } catch {
            throw .content(.authority, source: path, line: line, error)
        }
    }

    package var pem: [UInt8] { PEMBlock.text("CERTIFICATE", der) }
}
