import Crypto
import CryptoExtras
import Foundation
import SealaneIdentity
import TestSupport

/// A Region that AWS does not have. openssl makes its certificate, and the operator adds it.
struct TestRegion {
    static let name = "xx-test-1"

    /// Shared by all tests, because generating the key takes time.
    static var shared: TestRegion { get throws { try made.get() } }
    private static let made = Result { try TestRegion() }

    private let openssl: OpenSSL
    /// AWS's certificates and this one.
    let certificates: RegionCertificates
    private let key: _RSA.Signing.PrivateKey

    private init() throws {
        openssl = try OpenSSL()
        let outcome = try openssl.run([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "2", "-set_serial", "0xf10203",
            "-subj", "/C=XX/O=Sealane/CN=made up", "-keyout", "key.pem", "-out", "certificate.pem",
        ])
        guard outcome.status == 0 else { throw Failure("openssl req: \(outcome)") }
        var certificates = RegionCertificates.aws
        try certificates.add(.read(openssl.path("certificate.pem")), region: Self.name)
        self.certificates = certificates
        key = try _RSA.Signing.PrivateKey(
            pemRepresentation: String(decoding: openssl.bytes("key.pem"), as: UTF8.self))
    }

    /// The output of `openssl` with these arguments for `input`.
    func openssl(_ arguments: [String], input: [UInt8]) throws -> [UInt8] {
        let name = UUID().uuidString
        try openssl.write(input, to: "\(name).in")
        let outcome = try openssl.run(arguments + ["-in", "\(name).in", "-out", "\(name).out"])
        guard outcome.status == 0 else { throw Failure("openssl \(arguments): \(outcome)") }
        return try openssl.bytes("\(name).out")
    }

    /// Arguments of `openssl` for the certificate and its key, and for the certificate only.
    static let signer = ["-signer", "certificate.pem", "-inkey", "key.pem"]
    static let certificate = ["-certfile", "certificate.pem"]

    /// The signature of a document of this Region. Tests can change each part before encoding it.
    func signed(_ document: String) -> SignedDocument {
        SignedDocument(
            Array(document.utf8), digest: Array(SHA256.hash(data: Array(document.utf8))),
            issuer: der(
                0x30, Self.attribute(0x06, 0x13, "XX"), Self.attribute(0x0A, 0x0C, "Sealane"),
                Self.attribute(0x03, 0x0C, "made up")),
            // The leading zero makes it positive.
            serialNumber: der(0x02, [0x00, 0xF1, 0x02, 0x03]))
    }

    /// Attribute 2.5.4.`type` of a name, with a string of this tag.
    private static func attribute(_ type: UInt8, _ tag: UInt8, _ text: String) -> [UInt8] {
        der(0x31, der(0x30, der(0x06, [0x55, 0x04, type]), der(tag, Array(text.utf8))))
    }

    func sign(_ bytes: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: bytes, padding: .insecurePKCS1v1_5).rawRepresentation)
    }

    func document(verifying signed: SignedDocument) throws -> InstanceIdentityDocument {
        try InstanceIdentityDocument(verifying: base64(signed.encoded(sign: sign)), with: certificates)
    }

    func refusal(of signed: SignedDocument) throws -> InstanceIdentityDocumentError? {
        SealaneIdentityTests.refusal(of: try signed.encoded(sign: sign), with: certificates)
    }
}

/// A document of this Region. `changes` replaces members by name; nil removes one.
func testRegionDocument(_ changes: [String: String?] = [:]) -> String {
    let members: [(String, String)] = [
        ("accountId", #""123456789012""#), ("architecture", #""x86_64""#), ("availabilityZone", #""xx-test-1a""#),
        ("billingProducts", "null"), ("imageId", #""ami-0""#), ("instanceId", #""i-0123456789abcdef0""#),
        ("instanceType", #""c5n.18xlarge""#), ("marketplaceProductCodes", #"[ "1", "2" ]"#),
        ("pendingTime", #""2026-01-31T23:59:55Z""#), ("privateIp", #""10.0.0.1""#), ("region", #""xx-test-1""#),
        ("version", #""2017-09-30""#),
    ]
    let lines = members.compactMap { name, value in
        (changes[name] ?? value).map { "  \"\(name)\" : \($0)" }
    }
    return "{\n\(lines.joined(separator: ",\n"))\n}"
}
