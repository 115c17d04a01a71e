import Foundation
import SealaneIdentity
import TestSupport
import Testing

@Suite("Identity keys")
struct IdentityKeyTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    @Test("a key made by openssl is read, with the public key that openssl derives")
    func reads() throws {
        try openssl.make("genpkey", "-algorithm", "ed25519", "-out", "host.key")
        try openssl.make("pkey", "-in", "host.key", "-pubout", "-outform", "DER", "-out", "host.pub")
        let key = try IdentityKeyFile.read(openssl.path("host.key"))
        // RFC 8410 section 4: SubjectPublicKeyInfo ends with the key's 32 bytes.
        #expect(try key.publicKey == Array(openssl.bytes("host.pub").suffix(32)))
    }

    @Test("a key is written as openssl writes it, accessible to its owner only")
    func writes() throws {
        let key = try Sample.key(1)
        try IdentityKeyFile.create(openssl.path("host.key"), holding: key)
        #expect(openssl.scratch.mode(of: "host.key") == 0o600)
        #expect(openssl.scratch.names == ["host.key"])
        try openssl.make("pkey", "-in", "host.key", "-out", "again.key")
        #expect(try openssl.bytes("again.key") == openssl.bytes("host.key"))
        #expect(try IdentityKeyFile.read(openssl.path("host.key")).publicKey == key.publicKey)
        #expect(throws: IdentityError.self) {
            try IdentityKeyFile.create(openssl.path("host.key"), holding: try Sample.key(2))
        }
        #expect(try IdentityKeyFile.read(openssl.path("host.key")).publicKey == key.publicKey)
    }

    @Test("a missing file is created once and then read")
    func readOrCreate() throws {
        var random = SeededRandom(seed: 3)
        let path = openssl.path("host.key")
        let (made, isNew) = try IdentityKeyFile.readOrCreate(path, using: &random)
        #expect(isNew)
        let (again, isNewAgain) = try IdentityKeyFile.readOrCreate(path, using: &random)
        #expect(!isNewAgain)
        #expect(again.publicKey == made.publicKey)

        // An existing file is never replaced, even if it is invalid.
        try openssl.scratch.write("no key\n", to: "other.key")
        let other = openssl.path("other.key")
        #expect(throws: IdentityError.self) { try IdentityKeyFile.readOrCreate(other, using: &random) }
        #expect(try openssl.bytes("other.key") == Array("no key\n".utf8))
    }

    @Test("a key that others can read is refused with a remedy", arguments: [0o640, 0o604, 0o644])
    func openFile(mode: Int) throws {
        try openssl.make("genpkey", "-algorithm", "ed25519", "-out", "host.key")
        let path = openssl.path("host.key")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let text = try #require(problem { try IdentityKeyFile.read(path) })
        #expect(text.hasPrefix("Ed25519 key: "))
        #expect(text.contains("chmod 600 \(path)"))
    }

    @Test("anything but such a key is refused with the problem, and never quoted")
    func wrongContents() throws {
        try openssl.make("genpkey", "-algorithm", "ed25519", "-out", "host.key")
        let pem = String(decoding: try openssl.bytes("host.key"), as: UTF8.self)
        let base64 = pem.split(separator: "\n")[1]
        let zero = "MC4CAQAwBQYDK2VwBCIEI" + String(repeating: "A", count: 43)
        let x25519 = base64.replacing("MC4CAQAwBQYDK2Vw", with: "MC4CAQAwBQYDK2Vu")
        let wrong: [(text: String, problem: KeyTextProblem)] = [
            ("", .empty), ("\n", .notPEM), (pem + pem, .notPEM), (String(base64), .notPEM), ("key:\n" + pem, .notPEM),
            (pem.replacing("PRIVATE", with: "ENCRYPTED PRIVATE"), .notPEM),
            (pem.replacing(base64, with: base64.dropLast()), .notPEM),
            (pem.replacing(base64, with: base64.dropLast() + "!"), .notBase64),
            (pem.replacing(base64, with: x25519), .notEd25519), (pem.replacing(base64, with: zero), .allZero),
        ]
        for (text, expected) in wrong {
            let path = try openssl.scratch.write(text, to: "wrong.key")
            #expect(throws: IdentityError.text(.identityKey, source: path, expected), "\(text)") {
                try IdentityKeyFile.read(path)
            }
            #expect(problem { try IdentityKeyFile.read(path) }?.contains(base64.suffix(20)) == false)
        }
        // Changes that editors and templates make, which pass.
        let key = try IdentityKeyFile.read(openssl.path("host.key"))
        for text in [
            String(pem.dropLast()), pem + "\n", "\n" + pem + "\n\n", pem.replacing("\n", with: "\r\n"),
            "\u{feff}" + pem, "\u{feff}" + pem.replacing("\n", with: "\r\n") + "\r\n", " " + pem,
        ] {
            let again = try IdentityKeyFile.read(openssl.scratch.write(text, to: "right.key"))
            #expect(again.publicKey == key.publicKey, "\(text)")
        }
    }

    @Test(
        "other types of keys are refused",
        arguments: [["-algorithm", "x25519"], ["-algorithm", "ed448"], ["-algorithm", "RSA"]])
    func otherKinds(algorithm: [String]) throws {
        #expect(try openssl.run(["genpkey", "-out", "host.key"] + algorithm).status == 0)
        #expect(throws: IdentityError.self) { try IdentityKeyFile.read(openssl.path("host.key")) }
    }
}

@Suite("Static key signatures")
struct StaticKeySignatureTests {
    /// The message as documented, built by hand.
    private func message(fleet: String, _ staticKey: [UInt8]) -> [UInt8] {
        Array("sealane static key\u{0}\u{1}".utf8) + [UInt8(fleet.utf8.count)] + Array(fleet.utf8) + staticKey
    }

    @Test("openssl verifies a signature over the documented message")
    func opensslAccepts() throws {
        let openssl = try OpenSSL()
        let key = try Sample.key(1)
        try IdentityKeyFile.create(openssl.path("host.key"), holding: key)
        try openssl.make("pkey", "-in", "host.key", "-pubout", "-out", "host.pub")
        let signature = try StaticKeySignature(of: Sample.staticKey(9), fleet: Sample.fleet, by: key)
        try openssl.write(signature.bytes, to: "signature")
        try openssl.write(message(fleet: "prod", Array(repeating: 9, count: 32)), to: "message")
        let verify = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "host.pub", "-sigfile", "signature", "-in"]
        #expect(try openssl.run(verify + ["message"]).status == 0)
        try openssl.write(message(fleet: "prof", Array(repeating: 9, count: 32)), to: "other")
        #expect(try openssl.run(verify + ["other"]).status != 0)
    }

    @Test("a signature is valid only for its static key, fleet and identity key")
    func binds() throws {
        var fleet = try SampleFleet()
        let (key, other) = (try Sample.key(2), try Sample.key(3))
        let certificate = try fleet.issue(key)
        let staticKey = try Sample.staticKey(9)
        let signature = try StaticKeySignature(of: staticKey, fleet: Sample.fleet, by: key)
        #expect(signature.isValid(for: staticKey, fleet: try Sample.fleet, by: certificate))
        #expect(!signature.isValid(for: try Sample.staticKey(8), fleet: try Sample.fleet, by: certificate))
        #expect(!signature.isValid(for: staticKey, fleet: try TrustDomain(fleet: "prod2"), by: certificate))
        #expect(!signature.isValid(for: staticKey, fleet: try Sample.fleet, by: try fleet.issue(other)))
        // The same key in a renewed certificate needs no new signature.
        #expect(signature.isValid(for: staticKey, fleet: try Sample.fleet, by: try fleet.issue(key)))
        for index in signature.bytes.indices {
            var bytes = signature.bytes
            bytes[index] ^= 1
            let changed = try #require(StaticKeySignature(bytes: bytes))
            #expect(!changed.isValid(for: staticKey, fleet: try Sample.fleet, by: certificate))
        }
        #expect(StaticKeySignature(bytes: signature.bytes.dropLast()) == nil)
        #expect(StaticKeySignature(bytes: signature.bytes + [0]) == nil)
    }
}
