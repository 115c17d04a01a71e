import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import Testing

@Suite("Identity certificates")
struct IdentityCertificateTests {
    private let openssl: OpenSSL

    init() throws {
        openssl = try OpenSSL()
        try openssl.makeRoot("ca")
    }

    /// Makes a certificate with `openssl`, with changed sample extensions.
    private func make(
        algorithm: [String] = ["-algorithm", "ed25519"], serial: String = "0x4a01",
        _ change: ([String]) -> [String] = { $0 }
    ) throws -> [UInt8] {
        try openssl.makeCertificate(
            "host", by: "ca", algorithm: algorithm, extensions: change(Sample.extensions), serial: serial)
        return try openssl.bytes("host.der")
    }

    @Test("a certificate made by openssl is read: facts, addresses, serial number, validity, fingerprint, key, issuer")
    func reads() throws {
        let der = try make(serial: "0x80ff01")
        let certificate = try IdentityCertificate(der: der)
        #expect(certificate.der == der)
        #expect(certificate.facts == (try Sample.provenFacts()))
        #expect(certificate.uri.description == Sample.uri)
        #expect(certificate.addresses.map(\.description) == Sample.addresses)
        let errorText = try openssl.make("x509", "-in", "host.pem", "-noout", "-serial", "-fingerprint", "-sha256")
        #expect(errorText.contains("serial=\(certificate.serial.description.uppercased())\n"))
        #expect(certificate.serial.description == "80ff01")
        let fingerprint = try #require(errorText.split(separator: "=").last).replacing(":", with: "").lowercased()
        #expect(fingerprint == certificate.fingerprint.description + "\n")
        #expect(certificate.issuer == "CN=ca")
        let lifetime = certificate.validity.upperBound.timeIntervalSince(certificate.validity.lowerBound)
        #expect(lifetime == 24 * 3600)
        #expect(abs(certificate.validity.lowerBound.timeIntervalSinceNow) < 60)
        try openssl.make("pkey", "-in", "host.key", "-pubout", "-outform", "DER", "-out", "host.pub")
        #expect(try certificate.publicKey == Array(openssl.bytes("host.pub").suffix(32)))
        #expect(try IdentityCertificate.read(openssl.path("host.pem")) == certificate)
        #expect(try openssl.bytes("host.pem") == certificate.pem)
    }

    @Test(
        "valid variants pass",
        arguments: [
            ["subjectAltName=critical,URI:\(Sample.uri),IP:10.78.0.1", "keyUsage=digitalSignature"],
            ["subjectAltName=URI:spiffe://prod/instance/i-0a", "keyUsage=critical,digitalSignature,keyAgreement"],
            ["subjectAltName=URI:\(Sample.uri)", "keyUsage=digitalSignature", "extendedKeyUsage=anyExtendedKeyUsage"],
            [
                "subjectAltName=URI:\(Sample.uri)", "keyUsage=digitalSignature", "basicConstraints=critical,CA:FALSE",
                "extendedKeyUsage=critical,serverAuth,clientAuth,emailProtection", "1.2.3.4=ASN1:UTF8String:harmless",
            ],
        ])
    func passes(extensions: [String]) throws {
        _ = try IdentityCertificate(der: try make { _ in extensions })
    }

    @Test(
        "an invalid certificate is refused with the observed and the required value",
        arguments: [
            ("subjectAltName=IP:10.78.0.1", "it has no URI"),
            ("subjectAltName=URI:\(Sample.uri),URI:\(Sample.uri)", "more than one URI"),
            ("subjectAltName=URI:\(Sample.uri),URI:https://prod", "more than one URI"),
            ("subjectAltName=URI:\(Sample.uri),DNS:a.prod", "it has a DNS name"),
            ("subjectAltName=URI:\(Sample.uri),email:a@prod", "it has a mailbox"),
            ("subjectAltName=URI:https://prod/instance/i-0a", "is not a SPIFFE ID"),
            ("subjectAltName=URI:\(Sample.uri),IP:10.78.0.1,IP:10.78.0.1", "10.78.0.1 occurs twice"),
            ("subjectAltName=URI:\(Sample.uri),IP:::ffff:10.78.0.1", "an IP address with the bytes"),
            ("subjectAltName=URI:\(Sample.uri),IP:0.0.0.0", "is reserved"),
            ("subjectAltName=URI:\(Sample.uri),IP:ff02::1", "is reserved"),
            ("keyUsage=critical,keyAgreement", "the key usage keyAgreement"),
            ("keyUsage=critical,digitalSignature,keyCertSign", "keyCertSign"),
            ("keyUsage=critical,digitalSignature,cRLSign", "cRLSign"),
            ("keyUsage=", "no key usage"),
            ("extendedKeyUsage=serverAuth", "the extended key usage"),
            ("extendedKeyUsage=clientAuth", "the extended key usage"),
            ("extendedKeyUsage=codeSigning", "the extended key usage"),
            ("basicConstraints=critical,CA:TRUE", "the certificate of an authority"),
            ("1.2.3.4=critical,ASN1:UTF8String:unknown", "the critical extension 1.2.3.4"),
            ("nameConstraints=critical,permitted;URI:prod", "the critical extension 2.5.29.30"),
        ])
    func refuses(line: String, observed: String) throws {
        let name = String(line.prefix { $0 != "=" })
        let der = try make { extensions in
            extensions.filter { !$0.hasPrefix(name + "=") } + (line.hasSuffix("=") ? [] : [line])
        }
        let text = try #require(problem { try IdentityCertificate(der: der) })
        #expect(text.contains(observed), "\(text)")
        #expect(text.contains("; expected "), "\(text)")
    }

    @Test(
        "another type of key is refused",
        arguments: [["-algorithm", "RSA"], ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]])
    func otherKeys(algorithm: [String]) throws {
        let text = try #require(problem { try IdentityCertificate(der: try make(algorithm: algorithm)) })
        #expect(text.contains("Ed25519") || text.contains("at most 1000"), "\(text)")
    }

    @Test("16 addresses pass, 17 do not")
    func manyAddresses() throws {
        func der(_ count: Int) throws -> [UInt8] {
            let addresses = (1...count).map { ",IP:10.78.0.\($0)" }.joined()
            return try make { [$0[1], "subjectAltName=URI:spiffe://prod/instance/i-0a\(addresses)"] }
        }
        #expect(try IdentityCertificate(der: der(16)).addresses.count == 16)
        #expect(problem { try IdentityCertificate(der: try der(17)) }?.contains("at most 16") == true)
    }

    @Test("1000 bytes are parsed, and more are refused without parsing")
    func size() throws {
        func errorText(_ count: Int) -> String? {
            problem { try IdentityCertificate(der: [UInt8](repeating: 0x30, count: count)) }
        }
        #expect(errorText(1001)?.contains("at most 1000") == true)
        #expect(errorText(1000)?.contains("1000 bytes that are not a single DER value") == true)
    }

    @Test("the first certificate of a PEM file is read, whatever surrounds it")
    func chainFile() throws {
        let der = try make()
        let authority = String(decoding: try openssl.bytes("ca.pem"), as: UTF8.self)
        let text = try openssl.make("x509", "-in", "host.pem", "-text") + authority
        #expect(try IdentityCertificate(pem: Array(text.utf8), source: "chain").der == der)
        let windows = Array(text.replacing("\n", with: "\r\n").utf8)
        #expect(try IdentityCertificate(pem: windows, source: "chain").der == der)
    }

    @Test("text that is not a PEM certificate is refused with the line number")
    func wrongFiles() throws {
        _ = try make()
        let pem = String(decoding: try openssl.bytes("host.pem"), as: UTF8.self)
        let key = String(decoding: try openssl.bytes("host.key"), as: UTF8.self)
        func read(_ text: String) -> String? {
            problem { try IdentityCertificate(pem: Array(text.utf8), source: "host.pem") }
        }
        #expect(
            read("") == "certificate in host.pem: no PEM block; "
                + "expected PEM that begins with -----BEGIN CERTIFICATE-----")
        #expect(read("\n" + key + pem)?.hasPrefix("certificate in host.pem, line 2: a block PRIVATE KEY") == true)
        let endless = read(pem.replacing("-----END CERTIFICATE-----\n", with: ""))
        #expect(endless?.contains("line 1: the block CERTIFICATE has no end") == true)
        #expect(read(pem.replacing("BEGIN", with: "BEGAN"))?.contains("without its beginning") == true)
        let notBase64 = read(pem.replacing("MII", with: "M!I"))
        #expect(notBase64?.contains("line 1: the block CERTIFICATE is not base64") == true)
        #expect(problem { try IdentityCertificate.read(openssl.path("missing.pem")) }?.contains("ENOENT") == true)
    }
}
