import SealaneEligibility
import SwiftASN1
import X509

/// The comment (extension nsComment) by which a certificate says which of its facts come from a document that AWS signed:
/// `signed document: account region type id`.
///
/// Many authorities copy the extensions of a request. Therefore a certificate's comment counts only if every authority up to
/// the root has `ofAuthority` as the comment of its own certificate, as the root of a `CertificateAuthority` does: an
/// intermediate cannot give itself a right that its root lacks. The comment counts only for facts that AWS signs.
enum SignedDocumentComment {
    /// The comment of an authority that verifies instance identity documents.
    static var ofAuthority: String { "checks instance identity documents" }

    private static var prefix: String { "signed document:" }

    /// The comment for a certificate with these facts. Nil if none of them comes from a signed document.
    static func text(for facts: Facts) -> String? {
        let names = FactName.allCases.filter {
            $0.isSignedByAWS && facts.known($0)?.provenance == .signedDocument
        }
        return names.isEmpty ? nil : ([prefix] + names.map(\.rawValue)).joined(separator: " ")
    }

    /// `facts` of `certificate`, with provenance `.signedDocument` for those that its comment names.
    ///
    /// - Parameter authorities: from the issuer of the certificate up to the root.
    static func facts(
        _ facts: Facts, of certificate: CertificateFields, issuedBy authorities: some Collection<CertificateFields>
    ) -> Facts {
        guard !authorities.isEmpty, authorities.allSatisfy({ $0.extensions.comment == ofAuthority }),
            let comment = certificate.extensions.comment, comment.hasPrefix(prefix)
        else { return facts }
        let names = comment.dropFirst(prefix.count).split(separator: " ")
            .compactMap { FactName(rawValue: String($0)) }
        return names.filter(\.isSignedByAWS).reduce(into: facts) { facts, name in
            facts[name] = facts[name].map { Fact($0.value, .signedDocument) }
        }
    }
}

extension Certificate.Extensions {
    /// Netscape's object identifier for a comment, which OpenSSL calls nsComment.
    private static var commentIdentifier: ASN1ObjectIdentifier { [2, 16, 840, 1, 113730, 1, 13] }

    /// Nil if the certificate has no comment or the comment is malformed.
    fileprivate var comment: String? {
        guard let value = self[oid: Self.commentIdentifier]?.value,
            let text = try? ASN1IA5String(derEncoded: value)
        else { return nil }
        return String(text)
    }

    mutating func append(comment: String) throws {
        var serializer = DER.Serializer()
        try serializer.serialize(ASN1IA5String(comment))
        try append(
            Certificate.Extension(
                oid: Self.commentIdentifier, critical: false, value: serializer.serializedBytes[...]))
    }
}
