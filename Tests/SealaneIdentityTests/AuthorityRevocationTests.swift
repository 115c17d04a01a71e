import Foundation
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

/// A serial number is unique per authority, and each certificate of a path has one.
@Suite("Revocation of authorities")
struct AuthorityRevocationTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    /// The current time: openssl's certificates are valid from now.
    private var now: Date { Date() }

    private static let namedFleet = OpenSSL.authorityExtensions + ["subjectAltName=URI:spiffe://prod"]

    private func bundle(_ names: String...) throws -> TrustBundle {
        try TrustBundle(pem: names.flatMap { try openssl.bytes("\($0).pem") }, source: "bundle")
    }

    private func authority(_ name: String) throws -> CertificateAuthority {
        try CertificateAuthority(
            certificate: AuthorityCertificate.read(openssl.path("\(name).pem")),
            key: IdentityKeyFile.read(openssl.path("\(name).key")))
    }

    private func serial(_ text: String) throws -> CertificateSerial { try #require(CertificateSerial(text)) }

    private func verdict(
        _ name: String, _ trust: TrustBundle, _ lists: RevocationList...
    ) throws -> [Reason] {
        let verifier = IdentityVerifier(fleet: try Sample.fleet, trust: trust, revocations: lists)
        return try reasons {
            try verifier.verify(IdentityCertificate.read(openssl.path("\(name).pem")), at: now)
        }
    }

    /// Creates the root ca (serial number 1), its intermediate middle (2), and host issued by middle (3).
    private func makeChain() throws -> TrustBundle {
        try openssl.makeRoot("ca", extensions: Self.namedFleet, serial: "0x01")
        try openssl.makeCertificate("middle", by: "ca", extensions: Self.namedFleet, days: 30, serial: "0x02")
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions, serial: "0x03")
        return try bundle("ca", "middle")
    }

    @Test(
        "a host is refused if the root's list contains its serial number, an intermediate's or the root's",
        arguments: [
            ("03", "the serial number 03"), ("02", "CN=middle, serial number 02"), ("01", "CN=ca, serial number 01"),
        ])
    func everyLevel(number: String, errorText: String) throws {
        let trust = try makeChain()
        let list = try authority("ca").revocationList(after: nil, revoking: [serial(number)], at: now)
        let refused = try verdict("host", trust, list)
        #expect(refused.map(\.code) == [.certificateRevoked])
        #expect(refused.first?.observed.contains(errorText) == true, "\(refused)")
        #expect(refused.first?.observed.contains("list 1 of ") == true, "\(refused)")
        let other = try authority("ca").revocationList(after: nil, revoking: [serial("04")], at: now)
        #expect(try verdict("host", trust, other).isEmpty)
    }

    @Test("an intermediate's list revokes its certificates and itself, but no authority above it")
    func intermediatesList() throws {
        let trust = try makeChain()
        for (number, isRefused) in [("03", true), ("02", true), ("01", false)] {
            let list = try authority("middle").revocationList(after: nil, revoking: [serial(number)], at: now)
            #expect(try verdict("host", trust, list).isEmpty == !isRefused, "\(number)")
        }
    }

    @Test("a serial number in one authority's list does not affect the same number of another authority")
    func oneAuthoritys() throws {
        for name in ["ca", "other"] {
            try openssl.makeRoot(name, extensions: Self.namedFleet)
            try openssl.makeCertificate("host-of-\(name)", by: name, extensions: Sample.extensions, serial: "0x4a01")
        }
        let trust = try bundle("ca", "other")
        let list = try authority("ca").revocationList(after: nil, revoking: [serial("4a01")], at: now)
        #expect(try verdict("host-of-ca", trust, list).map(\.code) == [.certificateRevoked])
        #expect(try verdict("host-of-other", trust, list).isEmpty)
    }

    @Test("a serial number with an issuer revokes only that authority's certificate")
    func namedIssuer() throws {
        // The root and the intermediate both issue serial number 3.
        try openssl.makeRoot("ca", extensions: Self.namedFleet)
        try openssl.makeCertificate("middle", by: "ca", extensions: Self.namedFleet, serial: "0x03")
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions, serial: "0x03")
        try openssl.makeCertificate("near", by: "ca", extensions: Sample.extensions, serial: "0x05")
        let trust = try bundle("ca", "middle")
        let middle = try AuthorityCertificate.read(openssl.path("middle.pem")).keyIdentifier
        let list = try authority("ca").revocationList(
            after: nil, issuedSerials: [.init(serial("03"), issuer: middle), .init(serial("05"), issuer: middle)],
            at: now)
        let refused = try verdict("host", trust, list)
        #expect(refused.first?.observed.hasPrefix("the serial number 03 is in ") == true, "\(refused)")
        #expect(try verdict("near", trust, list).isEmpty)
        // Round trip through the text, version 2.
        let text = String(decoding: list.text, as: UTF8.self)
        #expect(text.hasPrefix("sealane revocation list 2\n"))
        #expect(text.contains("serial 03 issuer \(middle)\nserial 05 issuer \(middle)\n"), "\(text)")
        #expect(
            try RevocationList(text: list.text, source: "revoked", fleet: Sample.fleet, trust: trust, at: now) == list)
    }

    @Test("if no authority of a path can sign lists, a serial number applies in any list")
    func foreignAuthority() throws {
        try openssl.makeRoot("rsa", algorithm: ["-algorithm", "RSA"])
        try openssl.makeCertificate("middle", by: "rsa", extensions: OpenSSL.authorityExtensions, serial: "0x02")
        try openssl.makeCertificate("near", by: "rsa", extensions: Sample.extensions, serial: "0x03")
        try openssl.makeRoot("lists", extensions: Self.namedFleet)
        let trust = try bundle("rsa", "middle", "lists")
        let list = try authority("lists").revocationList(after: nil, revoking: [serial("03")], at: now)
        #expect(try verdict("near", trust, list).map(\.code) == [.certificateRevoked])
        let other = try authority("lists").revocationList(after: nil, revoking: [serial("02")], at: now)
        try openssl.makeCertificate("far", by: "middle", extensions: Sample.extensions, serial: "0x03")
        #expect(try verdict("far", trust, other).map(\.code) == [.certificateRevoked])
        #expect(try verdict("near", trust, other).isEmpty)
    }

    @Test("a directory's list revokes its own serial numbers as its own, and others whoever issued them")
    func unknownSerials() throws {
        let scratch = try ScratchDirectory()
        let directory = AuthorityDirectory(scratch.path("ca"))
        var random = SeededRandom(seed: 9)
        _ = try directory.create(fleet: Sample.fleet, at: now, using: &random)
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(2))
        let own = try directory.sign(request, at: now, using: &random).serial
        let list = try directory.revoke(serials: [own, serial("4a02")], at: now)
        #expect(list.serials == [own])
        #expect(list.anySerials == [try serial("4a02")])
        #expect(String(decoding: list.text, as: UTF8.self).contains("serial 4a02 issuer any\n"))
        // An intermediate made by openssl, which could sign lists but has not.
        try openssl.makeRoot("ca", extensions: Self.namedFleet)
        try openssl.makeCertificate("middle", by: "ca", extensions: Self.namedFleet, days: 30, serial: "0x4a02")
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions, serial: "0x03")
        try openssl.makeCertificate("same", by: "ca", extensions: Sample.extensions, serial: "0x\(own)")
        try openssl.write(Array(try Data(contentsOf: URL(filePath: directory.certificatePath))), to: "lists.pem")
        let trust = try bundle("ca", "middle", "lists")
        let read = try RevocationList(text: list.text, source: "", fleet: Sample.fleet, trust: trust, at: now)
        #expect(read == list)
        #expect(try verdict("host", trust, read).map(\.code) == [.certificateRevoked])
        #expect(try verdict("same", trust, read).isEmpty)
        // A list by an older version mixes both; the next list separates them.
        let authority = try directory.authority()
        let plain = try authority.revocationList(after: list, revoking: [serial("05")], at: now)
        try Data(plain.text).write(to: URL(filePath: directory.revocationsPath))
        let next = try directory.revoke(at: now)
        #expect(next.serials == [own])
        #expect(next.anySerials == [try serial("4a02"), try serial("05")])
    }

    @Test("another path to a root that is not revoked still passes")
    func anotherWay() throws {
        let trust = try makeChain()
        // The same intermediate, certified by a second root.
        try openssl.makeRoot("second", extensions: Self.namedFleet)
        try openssl.make("req", "-new", "-key", "middle.key", "-subj", "/CN=middle", "-out", "again.csr")
        try openssl.make(
            "x509", "-req", "-in", "again.csr", "-CA", "second.pem", "-CAkey", "second.key", "-set_serial", "0x02",
            "-days", "30", "-extfile", "middle.ext", "-extensions", "ext", "-out", "again.pem")
        let list = try authority("ca").revocationList(after: nil, revoking: [serial("02")], at: now)
        #expect(try verdict("host", trust, list).map(\.code) == [.certificateRevoked])
        #expect(try verdict("host", bundle("ca", "middle", "again", "second"), list).isEmpty)
        // Each root revokes its own path.
        let second = try authority("second").revocationList(after: nil, revoking: [serial("02")], at: now)
        #expect(
            try verdict("host", bundle("ca", "middle", "again", "second"), list, second).map(\.code)
                == [.certificateRevoked])
    }

    @Test("the path through a cross-signed intermediate to the new root passes after the old root is removed")
    func crossSigned() throws {
        try openssl.makeRoot("old")
        try openssl.makeRoot("new")
        try openssl.makeCertificate("middle", by: "old", extensions: OpenSSL.authorityExtensions, days: 30)
        try openssl.make("req", "-new", "-key", "middle.key", "-subj", "/CN=middle", "-out", "again.csr")
        try openssl.make(
            "x509", "-req", "-in", "again.csr", "-CA", "new.pem", "-CAkey", "new.key", "-days", "30", "-extfile",
            "middle.ext", "-extensions", "ext", "-out", "again.pem")
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions)
        let trust = try bundle("new", "middle", "again")
        #expect(trust.unanchored.count == 1)
        #expect(try verdict("host", trust).isEmpty)
        let refused = try verdict("host", bundle("new", "middle"))
        #expect(refused.map(\.code) == [.certificateUntrusted])
        #expect(refused.first?.observed.contains("does not lead to a root") == true, "\(refused)")
    }

    @Test("an authority with a revoked certificate does not sign")
    func revokedRoot() throws {
        let scratch = try ScratchDirectory()
        let directory = AuthorityDirectory(scratch.path("ca"))
        var random = SeededRandom(seed: 9)
        let authority = try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random)
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(2))
        let certificate = try directory.sign(request, at: Sample.now, using: &random)
        let list = try directory.revoke(serials: [authority.certificate.serial], at: Sample.now)
        let trust = try TrustBundle.read(directory.certificatePath)
        let verifier = IdentityVerifier(fleet: try Sample.fleet, trust: trust, revocations: [list])
        #expect(try reasons { try verifier.verify(certificate, at: Sample.now) }.map(\.code) == [.certificateRevoked])
        let errorText = problem { try directory.sign(request, at: Sample.now, using: &random) }
        #expect(errorText?.contains("is revoked; expected another authority") == true, "\(errorText ?? "")")
    }
}
