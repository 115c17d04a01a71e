import SealaneEligibility
import SwiftASN1
import X509

/// How a certificate says which of its facts are from a document that AWS signed: a comment (the extension nsComment),
/// `signed document: account region type id`.
///
/// Many authorities take over what a request asks for. Hence the mark counts only if all authorities up to the root say in the
/// same way, each in its own certificate, that they check documents, as that of `CertificateAuthority` does: an intermediate
/// alone can give itself no right that its root does not have. And it counts for the facts that AWS signs, whatever it names.
enum DocumentMark {
    static var ofAuthority: String { "checks instance identity documents" }

    private static var prefix: String { "signed document:" }

    /// Nil: none of the facts is from such a document.
    static func text(for facts: Facts) -> String? {
        let names = FactName.allCases.filter {
            $0.isSignedByAWS && facts.known($0)?.provenance == .signedDocument
        }
        return names.isEmpty ? nil : ([prefix] + names.map(\.rawValue)).joined(separator: " ")
    }

    /// `facts`, which `certificate` has, with the provenance that its mark gives them.
    ///
    /// - Parameter authorities: from the one that issued the certificate up to the root.
    static func facts(
        _ facts: Facts, markedBy certificate: CertificateFields, of authorities: some Collection<CertificateFields>
    ) -> Facts {
        guard !authorities.isEmpty, authorities.allSatisfy({ $0.extensions.comment == ofAuthority }),
            let mark = certificate.extensions.comment, mark.hasPrefix(prefix)
        else { return facts }
        let names = mark.dropFirst(prefix.count).split(separator: " ").compactMap { FactName(rawValue: String($0)) }
        return names.filter(\.isSignedByAWS).reduce(into: facts) { facts, name in
            facts[name] = facts[name].map { Fact($0.value, .signedDocument) }
        }
    }
}

extension Certificate.Extensions {
    /// Netscape's object identifier for a comment; openssl knows it as nsComment.
    private static var commentIdentifier: ASN1ObjectIdentifier { [2, 16, 840, 1, 113730, 1, 13] }

    /// Nil: there is none, or it cannot be read.
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
