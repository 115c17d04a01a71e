import Foundation
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

@Suite("Authorities that sign with RSA-PSS")
struct RSAPSSTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func refused(_ names: String...) throws -> [Reason] {
        let pem = try names.flatMap { try openssl.bytes("\($0).pem") }
        let verifier = try IdentityVerifier(fleet: Sample.fleet, trust: TrustBundle(pem: pem, source: "bundle"))
        return try reasons {
            try verifier.verify(IdentityCertificate.read(openssl.path("host.pem")), at: Date())
        }
    }

    private static func pss(_ digest: String, salt: String?, mask: String? = nil) -> [String] {
        ["-\(digest)", "-sigopt", "rsa_padding_mode:pss"] + (salt.map { ["-sigopt", "rsa_pss_saltlen:\($0)"] } ?? [])
            + (mask.map { ["-sigopt", "rsa_mgf1_md:\($0)"] } ?? [])
    }

    @Test(
        "root, intermediate and host pass with SHA-256, SHA-384 or SHA-512 and salts of any length",
        arguments: ["sha256", "sha384", "sha512"])
    func passes(digest: String) throws {
        let rsa = ["-algorithm", "RSA"]
        try openssl.makeRoot("ca", algorithm: rsa, signing: Self.pss(digest, salt: "max"))
        try openssl.makeCertificate(
            "middle", by: "ca", algorithm: rsa, extensions: OpenSSL.authorityExtensions, days: 30,
            digest: Self.pss(digest, salt: "digest"))
        for salt in ["digest", "max", "20", "0"] {
            try openssl.makeCertificate(
                "host", by: "middle", extensions: Sample.extensions, digest: Self.pss(digest, salt: salt))
            try openssl.make("verify", "-CAfile", "ca.pem", "-untrusted", "middle.pem", "host.pem")
            #expect(try refused("ca", "middle").isEmpty, "a salt of \(salt)")
        }
    }

    @Test(
        "keys restricted to RSA-PSS pass, with or without parameters and of other sizes",
        arguments: [
            ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
            ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:3072"],
            ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2049"],
            ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2056"],
            [
                "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_pss_keygen_md:sha384", "-pkeyopt",
                "rsa_pss_keygen_mgf1_md:sha384", "-pkeyopt", "rsa_pss_keygen_saltlen:48",
            ],
        ])
    func restrictedKeys(algorithm: [String]) throws {
        try openssl.makeRoot("ca", algorithm: algorithm)
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        try openssl.make("verify", "-CAfile", "ca.pem", "host.pem")
        #expect(try refused("ca").isEmpty)
    }

    @Test(
        "weak hashes and two different hashes are refused by name",
        arguments: [
            ("sha1", nil, "RSA-PSS signature with SHA-1"), ("sha224", nil, "RSA-PSS signature with SHA-224"),
            ("sha256", "sha1", "two different hashes"), ("sha512", "sha256", "two different hashes"),
        ] as [(String, String?, String)])
    func weak(digest: String, mask: String?, errorText: String) throws {
        try openssl.makeRoot("ca", algorithm: ["-algorithm", "RSA"])
        try openssl.makeCertificate(
            "host", by: "ca", extensions: Sample.extensions, digest: Self.pss(digest, salt: "digest", mask: mask))
        let read = try #require(problem { try IdentityCertificate.read(openssl.path("host.pem")) })
        #expect(read.contains("an RSA-PSS signature") && read.contains(errorText), "\(read)")
    }

    @Test(
        "any changed bit of the certificate or signature is refused, and so is another key",
        arguments: ["digest", "max"])
    func forged(salt: String) throws {
        try openssl.makeRoot("ca", algorithm: ["-algorithm", "RSA"], signing: Self.pss("sha256", salt: salt))
        try openssl.makeCertificate(
            "host", by: "ca", extensions: Sample.extensions, digest: Self.pss("sha256", salt: salt))
        let trust = try TrustBundle(pem: openssl.bytes("ca.pem"), source: "bundle")
        let verifier = IdentityVerifier(fleet: try Sample.fleet, trust: trust)
        let der = try openssl.bytes("host.der")
        var random = SeededRandom(seed: 0x955)
        _ = try verifier.verify(IdentityCertificate(der: der), at: Date())
        for index in der.indices.shuffled(using: &random).prefix(30) + [der.count - 1, der.count - 256] {
            var changed = der
            changed[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            let passed = (try? verifier.verify(IdentityCertificate(der: changed), at: Date())) != nil
            #expect(!passed, "byte \(index)")
        }
        try openssl.makeRoot("false", algorithm: ["-algorithm", "RSA"], subject: "/CN=ca")
        #expect(try refused("false").map(\.code) == [.certificateUntrusted])
    }
}
