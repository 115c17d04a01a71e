import Foundation
import SealaneIdentity
import Testing

@Suite("Trust bundles")
struct TrustBundleTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func text(_ names: String...) throws -> String {
        try names.map { String(decoding: try openssl.bytes("\($0).pem"), as: UTF8.self) }.joined()
    }

    private func read(_ text: String) throws -> TrustBundle {
        try TrustBundle(pem: Array(text.utf8), source: "ca.pem")
    }

    private func makeIntermediate(_ name: String, by issuer: String, _ extensions: [String]? = nil) throws {
        try openssl.makeCertificate(
            name, by: issuer, extensions: extensions ?? OpenSSL.authorityExtensions, days: 365)
    }

    @Test("roots and intermediates are distinguished, in any order")
    func severalAuthorities() throws {
        try openssl.makeRoot("old")
        try openssl.makeRoot("new")
        try makeIntermediate("middle", by: "new")
        try makeIntermediate("lower", by: "middle")
        for order in [["old", "new", "middle", "lower"], ["lower", "middle", "new", "old"]] {
            let bundle = try read(order.map { try text($0) }.joined(separator: "some comment\n"))
            #expect(Set(bundle.roots.map(\.subject)) == ["CN=old", "CN=new"])
            #expect(Set(bundle.intermediates.map(\.subject)) == ["CN=middle", "CN=lower"])
        }
    }

    @Test("authorities with RSA and ECDSA keys pass")
    func algorithms() throws {
        try openssl.makeRoot("rsa", algorithm: ["-algorithm", "RSA"])
        try openssl.makeRoot("ec", algorithm: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
        #expect(try read(text("rsa", "ec")).roots.count == 2)
    }

    @Test("a bundle without a root is refused")
    func noRoot() throws {
        #expect(
            problem { try read("") }
                == "trust bundle in ca.pem: no self-signed certificate; expected at least one root, in PEM")
        try openssl.makeRoot("ca")
        try makeIntermediate("middle", by: "ca")
        #expect(problem { try read(try text("middle")) }?.contains("no self-signed certificate") == true)
    }

    @Test("the problem of a certificate is reported with its number and line")
    func positions() throws {
        try openssl.makeRoot("ca")
        let good = try text("ca")
        let line = good.split(separator: "\n").count + 1
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let host = try #require(problem { try read(good + (try text("host"))) })
        #expect(host.hasPrefix("trust bundle in ca.pem, line \(line): certificate 2 of 2: "), "\(host)")
        #expect(host.contains("CN=host is not a certificate authority"), "\(host)")

        let key = String(decoding: try openssl.bytes("ca.key"), as: UTF8.self)
        #expect(problem { try read(good + key) }?.contains("certificate 2 of 2: a block PRIVATE KEY") == true)
        let torn = good + good.dropLast(40)
        #expect(problem { try read(torn) }?.contains("line \(line): the block CERTIFICATE has no end") == true)
        let garbage = good + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        #expect(
            problem { try read(garbage) }?.contains("certificate 2 of 2: 3 bytes that are not a single DER value")
                == true
        )
    }

    @Test("a duplicate certificate is ignored")
    func twice() throws {
        try openssl.makeRoot("ca")
        try makeIntermediate("middle", by: "ca")
        let bundle = try read(text("ca", "middle", "ca", "middle"))
        #expect(bundle == (try read(text("ca", "middle"))))
        #expect(bundle.authorities.count == 2 && bundle.warnings.isEmpty)
    }

    @Test("an intermediate without a path to a root of the bundle is not trusted, and a warning names it")
    func unanchored() throws {
        try openssl.makeRoot("ca")
        try openssl.makeRoot("other")
        try makeIntermediate("middle", by: "other")
        try makeIntermediate("lower", by: "middle")
        let bundle = try read(text("ca", "lower", "middle"))
        #expect(bundle.authorities.map(\.subject) == ["CN=ca"])
        #expect(bundle.unanchored.map(\.subject) == ["CN=lower", "CN=middle"])
        #expect(bundle.warnings.first?.contains("is issued by CN=middle, which has no path to a root") == true)
        // The same name is not enough.
        try openssl.makeRoot("false", subject: "/CN=other")
        #expect(try read(text("false", "middle")).unanchored.map(\.subject) == ["CN=middle"])
        #expect(try read(text("other", "lower", "middle")).unanchored.isEmpty)
    }

    @Test(
        "a root that may not sign certificates or has an unknown critical extension is refused",
        arguments: [
            ("basicConstraints=critical,CA:FALSE", "is not a certificate authority"),
            ("basicConstraints=", "is not a certificate authority"), ("keyUsage=", "no key usage"),
            ("keyUsage=critical,digitalSignature,cRLSign", "the key usage"),
            ("extendedKeyUsage=codeSigning", "the extended key usage"),
            ("1.2.3.4=critical,ASN1:UTF8String:unknown", "the critical extension 1.2.3.4"),
        ])
    func badRoots(line: String, observed: String) throws {
        let name = String(line.prefix { $0 != "=" })
        try openssl.makeRoot(
            "ca",
            extensions: OpenSSL.authorityExtensions.filter { !$0.hasPrefix(name + "=") }
                + (line.hasSuffix("=") ? [] : [line]))
        let text = try #require(problem { try read(try self.text("ca")) })
        #expect(text.contains(observed), "\(text)")
    }

    @Test("a certificate whose issuer is its subject, but that its own key did not sign, is not a root")
    func falselySelfIssued() throws {
        try openssl.makeRoot("ca")
        try openssl.makeRoot("mother", subject: "/CN=child")
        try makeIntermediate("child", by: "mother")
        let bundle = try read(text("ca", "child"))
        #expect(bundle.roots.map(\.subject) == ["CN=ca"])
        #expect(bundle.unanchored.map(\.issuer) == ["CN=child"])
    }

    @Test("64 certificates pass, 65 do not")
    func count() throws {
        var text = ""
        for number in 0..<65 {
            let fleet = try SampleFleet(seed: UInt64(number), fleet: "fleet-\(number)")
            text += String(decoding: fleet.authority.certificate.pem, as: UTF8.self)
            if number == 63 { #expect(try read(text).roots.count == 64) }
        }
        #expect(problem { try read(text) }?.contains("65 certificates; expected at most 64") == true)
    }
}
