import SealaneEligibility
import X509

/// How a certificate says which of its facts are from a document that AWS signed: an organizational unit of its subject,
/// `signed document: account region type id`.
///
/// A host chooses the subject of its request, and many authorities take it over. Hence the mark counts only from an
/// authority that says in an organizational unit of its own that it checks documents, as `CertificateAuthority` does.
enum DocumentMark {
    static var ofAuthority: String { "checks instance identity documents" }

    private static var prefix: String { "signed document:" }

    /// Nil: none of the facts is from such a document.
    static func text(for facts: Facts) -> String? {
        let names = FactName.allCases.filter { facts.known($0)?.provenance == .signedDocument }
        return names.isEmpty ? nil : ([prefix] + names.map(\.rawValue)).joined(separator: " ")
    }

    /// `facts`, which a certificate of this subject has, with the provenance that its mark gives them.
    static func facts(_ facts: Facts, markedIn subject: DistinguishedName, by issuer: DistinguishedName) -> Facts {
        guard issuer.organizationalUnits.contains(ofAuthority) else { return facts }
        let marks = subject.organizationalUnits.filter { $0.hasPrefix(prefix) }
        let names = marks.flatMap { $0.dropFirst(prefix.count).split(separator: " ").map(String.init) }
        return names.compactMap(FactName.init(rawValue:)).reduce(into: facts) { facts, name in
            facts[name] = facts[name].map { Fact($0.value, .signedDocument) }
        }
    }
}

extension DistinguishedName {
    fileprivate var organizationalUnits: [String] {
        flatMap { $0 }.filter { $0.type == .RDNAttributeType.organizationalUnitName }.compactMap { String($0.value) }
    }
}
