import FoundationEssentials
import SealaneEligibility
import SwiftASN1
import X509

/// Checks that need only the certificate itself.
extension CertificateFields {
    /// Throws on an unknown critical extension (RFC 5280 section 4.2).
    func checkCriticalExtensions(known: Set<ASN1ObjectIdentifier>) throws(IdentityProblem) {
        guard let unknown = extensions.first(where: { $0.critical && !known.contains($0.oid) }) else { return }
        throw IdentityProblem(
            "the critical extension \(unknown.oid)", required: "critical extensions that Sealane understands")
    }

    /// The path length constraint; `.max` if there is none. Nil if the certificate is not a CA certificate.
    func authorityPathLength() throws(IdentityProblem) -> Int? {
        do {
            switch try extensions.basicConstraints {
            case .isCertificateAuthority(let limit): return limit ?? .max
            case .notCertificateAuthority, nil: return nil
            }
        } catch {
            throw IdentityProblem("malformed basic constraints", required: "basic constraints as in RFC 5280")
        }
    }

    /// Key usage must be present (SPIFFE X509-SVID section 4.3) and satisfy `isRight`.
    func checkKeyUsage(_ required: String, _ isRight: (KeyUsage) -> Bool) throws(IdentityProblem) {
        let usage: KeyUsage?
        do {
            usage = try extensions.keyUsage
        } catch {
            throw IdentityProblem("a malformed key usage", required: required)
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
            throw IdentityProblem("a malformed extended key usage", required: required)
        }
        guard let usage, !usage.contains(.any) else { return }
        guard usage.contains(.clientAuth), usage.contains(.serverAuth) else {
            throw IdentityProblem("the extended key usage \(usage.text)", required: required)
        }
    }

    /// The URIs among the subject alternative names; empty if there are none. Throws if the extension is malformed,
    /// because it could contain any name.
    func alternativeURIs() throws(IdentityProblem) -> [String] {
        let names: SubjectAlternativeNames?
        do {
            names = try extensions.subjectAlternativeNames
        } catch {
            throw IdentityProblem(
                "malformed subject alternative names", required: "subject alternative names as in RFC 5280, or none")
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
                "a validity from \(first.text) to \(last.text)", required: "notAfter later than notBefore")
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
    /// The key usages by their names in RFC 5280, or `nothing`.
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
        return map { usage in known.first { $0.0 == usage }?.1 ?? "an unknown purpose" }.joined(separator: ", ")
    }
}
