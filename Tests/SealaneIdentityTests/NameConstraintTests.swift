import Foundation
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

/// Name constraints of authorities (RFC 5280 section 4.2.1.10), compared with openssl where it follows the same rule.
@Suite("Name constraints")
struct NameConstraintTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func refused(_ trust: String..., host: String = "host") throws -> [Reason] {
        let pem = try trust.flatMap { try openssl.bytes("\($0).pem") }
        let verifier = try IdentityVerifier(
            fleet: TrustDomain(fleet: "prod"), trust: TrustBundle(pem: pem, source: "bundle"))
        return try reasons {
            try verifier.verify(IdentityCertificate.read(openssl.path("\(host).pem")), at: Date())
        }
    }

    private func makeRoot(_ constraints: String, _ sections: [String] = []) throws {
        try openssl.makeRoot(
            "ca", extensions: OpenSSL.authorityExtensions + ["nameConstraints=\(constraints)"] + sections)
    }

    @Test(
        "constraints on name types that the certificate does not have are ignored",
        arguments: [
            "critical,permitted;email:example.com", "permitted;email:.example.com,excluded;email:a@example.com",
            "critical,permitted;DNS:example.com", "critical,excluded;DNS:.example.com",
            "critical,permitted;RID:1.2.3.4",
            "critical,permitted;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:example.com",
            "critical,excluded;otherName:1.3.6.1.4.1.311.20.2.3;UTF8:example.com",
            "critical,permitted;URI:prod,permitted;email:example.com,permitted;DNS:example.com",
        ])
    func otherKinds(constraints: String) throws {
        try makeRoot(constraints)
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let reasons = try refused("ca")
        #expect(reasons.isEmpty, "\(reasons)")
    }

    @Test(
        "directory name constraints apply to the subject, per relative distinguished name, ignoring case and white space",
        arguments: [
            ("critical,permitted;dirName:dn_rule", "O=Acme", "/O=Acme/CN=host", true),
            ("critical,permitted;dirName:dn_rule", "O=Acme", "/O=ACME/CN=host", true),
            ("critical,permitted;dirName:dn_rule", "O=Acme Corp", "/O=acme   corp/CN=host", true),
            ("critical,permitted;dirName:dn_rule", "O=Acme", "/O=Acme Corp/CN=host", false),
            ("critical,permitted;dirName:dn_rule", "O=Acme", "/CN=host", false),
            ("critical,permitted;dirName:dn_rule", "O=Acme", "/CN=host/O=Acme", false),
            ("critical,excluded;dirName:dn_rule", "O=Acme", "/CN=host", true),
            ("critical,excluded;dirName:dn_rule", "O=Acme", "/O=acme/CN=host", false),
            ("critical,excluded;dirName:dn_rule", "O=Acme", "/O=Other/CN=host", true),
        ])
    func directoryNames(constraints: String, rule: String, subject: String, passes: Bool) throws {
        try makeRoot(constraints, ["[dn_rule]", rule])
        try openssl.makeCertificate("host", by: "ca", subject: subject, extensions: Sample.extensions)
        let judge = try openssl.run("verify", "-x509_strict", "-CAfile", "ca.pem", "host.pem")
        #expect((judge.status == 0) == passes, "openssl: \(judge)")
        let reasons = try refused("ca")
        #expect(reasons.map(\.code) == (passes ? [] : [.certificateUntrusted]), "\(reasons)")
    }

    @Test("a certificate with an empty subject has no directory name to constrain")
    func noSubject() throws {
        try makeRoot("critical,permitted;dirName:dn_rule", ["[dn_rule]", "O=Acme"])
        try openssl.makeCertificate(
            "host", by: "ca", subject: "/",
            extensions: ["subjectAltName=critical,URI:\(Sample.uri)"] + Sample.extensions.dropFirst())
        let reasons = try refused("ca")
        #expect(reasons.isEmpty, "\(reasons)")
    }

    @Test(
        "mailbox constraints apply to an e-mail address in the subject",
        arguments: [
            ("permitted;email:example.com", true), ("permitted;email:a@example.com", true),
            ("permitted;email:A@example.com", false), ("permitted;email:.example.com", false),
            ("permitted;email:other.com", false), ("excluded;email:example.com", false),
            ("excluded;email:b@example.com", true),
        ])
    func mailboxes(constraint: String, passes: Bool) throws {
        try makeRoot("critical,\(constraint)")
        try openssl.makeCertificate(
            "host", by: "ca", subject: "/CN=host/emailAddress=a@example.com", extensions: Sample.extensions)
        let judge = try openssl.run("verify", "-x509_strict", "-CAfile", "ca.pem", "host.pem")
        #expect((judge.status == 0) == passes, "openssl: \(judge)")
        let reasons = try refused("ca")
        #expect(reasons.map(\.code) == (passes ? [] : [.certificateUntrusted]), "\(reasons)")
    }

    @Test(
        "constraints also apply to an intermediate, for each type of name it has",
        arguments: [
            ("permitted;DNS:example.com", "DNS:ca.example.com", true),
            ("permitted;DNS:example.com", "DNS:example.org", false),
            ("permitted;DNS:example.com", "DNS:anexample.com", false),
            ("excluded;DNS:example.com", "DNS:a.EXAMPLE.com", false),
            ("permitted;email:example.com", "email:a@example.com", true),
            ("permitted;email:example.com", "email:a@example.org", false),
            ("permitted;URI:prod", "URI:spiffe://prod/x", true),
            ("permitted;URI:prod", "URI:https://user@prod:443/", true),
            ("permitted;URI:prod", "URI:urn:x:y", false), ("permitted;URI:prod", "URI:https://192.0.2.1/", false),
            ("excluded;URI:other", "URI:urn:x:y", false),
            ("permitted;otherName:1.2.3.4;UTF8:a", "otherName:1.2.3.4;UTF8:a", false),
            ("excluded;RID:1.2.3.4", "RID:1.2.3.5", false),
        ])
    func intermediates(constraint: String, name: String, passes: Bool) throws {
        try makeRoot("critical,\(constraint)")
        try openssl.makeCertificate(
            "middle", by: "ca", extensions: OpenSSL.authorityExtensions + ["subjectAltName=\(name)"], days: 30)
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions)
        let reasons = try refused("ca", "middle")
        #expect(reasons.map(\.code) == (passes ? [] : [.certificateUntrusted]), "\(reasons)")
    }

    @Test(
        "a constraint that cannot be evaluated refuses a certificate with a name of its type",
        arguments: [
            ("permitted;URI:spiffe://prod", false), ("excluded;URI:spiffe://other", false),
            ("excluded;URI:other", true),
            ("excluded;IP:10.79.0.0/255.0.255.0", false), ("excluded;IP:10.79.0.0/255.255.0.0", true),
            ("excluded;IP:0.0.0.0/0.0.0.0", false), ("excluded;IP:::/::", false),
            ("excluded;URI:.prod", true), ("excluded;URI:PROD", false),
        ])
    func notEvaluable(constraint: String, passes: Bool) throws {
        try makeRoot("critical,\(constraint)")
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let reasons = try refused("ca")
        #expect(reasons.map(\.code) == (passes ? [] : [.certificateUntrusted]), "\(reasons)")
    }

    @Test("an intermediate's constraints apply to its hosts, but not to self-issued authorities")
    func levels() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate(
            "middle", by: "ca",
            extensions: OpenSSL.authorityExtensions + ["nameConstraints=critical,permitted;URI:test"], days: 30)
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions)
        let errorText = try refused("ca", "middle")
        #expect(errorText.first?.observed == "the authority CN=middle permits only URIs in test, not \(Sample.uri)")
    }
}
