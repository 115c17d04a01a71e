import FoundationEssentials
import SealaneEligibility
import SwiftASN1
import X509

/// The rules that a certificate must keep by itself.
extension CertificateFields {
    /// A critical extension that is not understood must be refused (RFC 5280 section 4.2).
    func checkCriticalExtensions(known: Set<ASN1ObjectIdentifier>) throws(IdentityProblem) {
        guard let unknown = extensions.first(where: { $0.critical && !known.contains($0.oid) }) else { return }
        throw IdentityProblem(
            "the critical extension \(unknown.oid)", required: "critical extensions that Sealane understands")
    }

    /// Nil: not an authority's certificate. Otherwise how many authorities may follow, `.max` for no limit.
    func authorityPathLength() throws(IdentityProblem) -> Int? {
        do {
            switch try extensions.basicConstraints {
            case .isCertificateAuthority(let limit): return limit ?? .max
            case .notCertificateAuthority, nil: return nil
            }
        } catch {
            throw IdentityProblem("basic constraints that cannot be read", required: "those of RFC 5280")
        }
    }

    /// Key usage must be there (SPIFFE X509-SVID section 4.3) and `isRight`.
    func checkKeyUsage(_ required: String, _ isRight: (KeyUsage) -> Bool) throws(IdentityProblem) {
        let usage: KeyUsage?
        do {
            usage = try extensions.keyUsage
        } catch {
            throw IdentityProblem("a key usage that cannot be read", required: required)
        }
        guard let usage else { throw IdentityProblem("no key usage", required: required) }
        guard isRight(usage) else { throw IdentityProblem("the key usage \(usage.text)", required: required) }
    }

    func checkExtendedKeyUsage() throws(IdentityProblem) {
        let required = "clientAuth and serverAuth, or no extended key usage"
        let usage: ExtendedKeyUsage?
        do {
            usage = try extensions.extendedKeyUsage
        } catch {
            throw IdentityProblem("an extended key usage that cannot be read", required: required)
        }
        guard let usage, !usage.contains(.any) else { return }
        guard usage.contains(.clientAuth), usage.contains(.serverAuth) else {
            throw IdentityProblem("the extended key usage \(usage.text)", required: required)
        }
    }

    /// None if there are no alternative names. Names that cannot be read may be any, and are refused.
    func alternativeURIs() throws(IdentityProblem) -> [String] {
        let names: SubjectAlternativeNames?
        do {
            names = try extensions.subjectAlternativeNames
        } catch {
            throw IdentityProblem("alternative names that cannot be read", required: "those of RFC 5280, or none")
        }
        return (names ?? SubjectAlternativeNames()).compactMap { name in
            guard case .uniformResourceIdentifier(let uri) = name else { return nil }
            return uri
        }
    }

    func validity() throws(IdentityProblem) -> ClosedRange<Date> {
        let (first, last) = (notValidBefore, notValidAfter)
        guard first <= last else {
            throw IdentityProblem(
                "a validity from \(first.text) to \(last.text)", required: "an end after the beginning")
        }
        return first...last
    }
}

extension ASN1ObjectIdentifier {
    static var keyUsage: ASN1ObjectIdentifier { .X509ExtensionID.keyUsage }
    static var extendedKeyUsage: ASN1ObjectIdentifier { .X509ExtensionID.extendedKeyUsage }
    static var names: ASN1ObjectIdentifier { .X509ExtensionID.subjectAlternativeName }
    static var basicConstraints: ASN1ObjectIdentifier { .X509ExtensionID.basicConstraints }
    static var nameConstraints: ASN1ObjectIdentifier { .X509ExtensionID.nameConstraints }
}

extension KeyUsage {
    /// The purposes by their names in RFC 5280, or `nothing`.
    fileprivate var text: String {
        let purposes = [
            (digitalSignature, "digitalSignature"), (nonRepudiation, "nonRepudiation"),
            (keyEncipherment, "keyEncipherment"), (dataEncipherment, "dataEncipherment"),
            (keyAgreement, "keyAgreement"), (keyCertSign, "keyCertSign"), (cRLSign, "cRLSign"),
            (encipherOnly, "encipherOnly"), (decipherOnly, "decipherOnly"),
        ]
        let names = purposes.filter(\.0).map(\.1)
        return names.isEmpty ? "nothing" : names.joined(separator: ", ")
    }
}

extension ExtendedKeyUsage {
    fileprivate var text: String {
        let known: [(Usage, String)] = [
            (.serverAuth, "serverAuth"), (.clientAuth, "clientAuth"), (.codeSigning, "codeSigning"),
            (.emailProtection, "emailProtection"), (.timeStamping, "timeStamping"), (.ocspSigning, "ocspSigning"),
        ]
        return map { usage in known.first { $0.0 == usage }?.1 ?? "another purpose" }.joined(separator: ", ")
    }
}

extension DistinguishedName {
    /// For people, whoever chose the name: RFC 4514, the last attribute first.
    var text: String {
        let parts = reversed().map { part in part.map(\.text).joined(separator: "+") }
        return isEmpty ? "(no name)" : PayloadText.fit(parts.joined(separator: ","), limit: 200)
    }
}

extension RelativeDistinguishedName.Attribute {
    fileprivate var text: String {
        let text = String(describing: self)
        guard String(value) == nil else { return text }
        // RFC 4514 section 2.4: a value that is no string of a known kind, in hexadecimal.
        var serializer = DER.Serializer()
        guard (try? serializer.serialize(ASN1Any(value))) != nil else { return "\(text.prefix { $0 != "=" })=#" }
        return "\(text.prefix { $0 != "=" })=#\(serializer.serializedBytes.prefix(32).hexadecimal)"
    }
}

extension Date {
    /// RFC 3339 in UTC, whole seconds: `2026-11-21T15:00:00Z`.
    var text: String { formatted(.iso8601) }

    /// Certificates count whole seconds.
    var wholeSeconds: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
