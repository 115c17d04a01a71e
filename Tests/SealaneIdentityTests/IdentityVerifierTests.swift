import Foundation
import SealaneEligibility
import SealaneIdentity
import SealaneTunnel
import TestSupport
import Testing

@Suite("Verification of identities")
struct IdentityVerifierTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    /// The current time: openssl's certificates are valid from now.
    private var now: Date { Date() }

    private func verifier(_ authorities: String..., fleet: String = "prod") throws -> IdentityVerifier {
        let pem = try authorities.flatMap { try openssl.bytes("\($0).pem") }
        return try IdentityVerifier(
            fleet: TrustDomain(fleet: fleet), trust: TrustBundle(pem: pem, source: "bundle"))
    }

    private func certificate(_ name: String) throws -> IdentityCertificate {
        try IdentityCertificate.read(openssl.path("\(name).pem"))
    }

    // MARK: Accepted

    @Test(
        "an authority made entirely with openssl issues an identity that passes",
        arguments: [
            ["-algorithm", "ed25519"], ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            ["-algorithm", "RSA"],
        ])
    func opensslAuthority(algorithm: [String]) throws {
        try openssl.makeRoot("ca", algorithm: algorithm)
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let key = try IdentityKeyFile.read(openssl.path("host.key"))
        let staticKey = try Sample.staticKey(7)
        let identity = try verifier("ca").verify(
            presented(certificate("host"), key, staticKey), staticKey: staticKey, at: now)
        #expect(identity.facts == (try Sample.provenFacts()))
        #expect(identity.authorities == ["CN=ca"])
        #expect(identity.validity == (try certificate("host").validity))
    }

    @Test("an openssl authority signs our request, and the copied extensions pass")
    func opensslSignsRequest() throws {
        try openssl.makeRoot("ca")
        let key = try Sample.key(5)
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: key)
        try openssl.write(request.pem, to: "host.csr")
        #expect(try openssl.make("req", "-in", "host.csr", "-verify", "-noout").contains("OK"))
        try openssl.make(
            "x509", "-req", "-in", "host.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "1", "-copy_extensions",
            "copy", "-out", "host.pem")
        let staticKey = try Sample.staticKey(7)
        let identity = try verifier("ca").verify(
            presented(certificate("host"), key, staticKey), staticKey: staticKey, at: now)
        #expect(identity.facts == (try Sample.provenFacts()))
    }

    @Test("a path through intermediates of the bundle passes while every certificate on it is valid")
    func intermediates() throws {
        try openssl.makeRoot("ca", days: 20)
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 10)
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions, days: 15)
        let identity = try verifier("ca", "middle").verify(certificate("host"), at: now)
        #expect(identity.authorities == ["CN=middle", "CN=ca"])
        #expect(abs(identity.validity.upperBound.timeIntervalSince(now) - 10 * 86400) < 60)
        // Without the intermediate, the issuer is unknown.
        let refused = try refusal(certificate("host"), verifier("ca"))
        #expect(refused.map(\.code) == [.certificateUntrusted])
        #expect(refused.first?.observed.contains("its issuer is CN=middle") == true)
    }

    @Test("during a rotation, identities of the old and the new root pass, even if both have the same name")
    func rotation() throws {
        try openssl.makeRoot("old", subject: "/CN=fleet")
        try openssl.makeRoot("new", subject: "/CN=fleet")
        try openssl.makeCertificate("a", by: "old", extensions: Sample.extensions)
        try openssl.makeCertificate("b", by: "new", extensions: Sample.extensions)
        for name in ["a", "b"] { _ = try verifier("old", "new").verify(certificate(name), at: now) }
        _ = try verifier("new").verify(certificate("b"), at: now)
        #expect(try codes(certificate("a"), verifier("new")) == [.certificateUntrusted])
    }

    // MARK: Refused

    private func codes(
        _ certificate: IdentityCertificate, _ verifier: IdentityVerifier, at now: Date? = nil
    ) throws -> [ReasonCode] {
        try refusal(certificate, verifier, at: now).map(\.code)
    }

    private func refusal(
        _ certificate: IdentityCertificate, _ verifier: IdentityVerifier, at now: Date? = nil
    ) throws -> [Reason] {
        try reasons { try verifier.verify(certificate, at: now ?? self.now) }
    }

    @Test("an authority outside the bundle is refused, even with the name of the fleet's own")
    func selfMadeAuthority() throws {
        try openssl.makeRoot("ca")
        try openssl.makeRoot("other")
        try openssl.makeRoot("false", subject: "/CN=ca")
        try openssl.makeCertificate("host", by: "other", extensions: Sample.extensions)
        try openssl.makeCertificate("impostor", by: "false", extensions: Sample.extensions)
        let other = try refusal(certificate("host"), verifier("ca"))
        #expect(other.map(\.code) == [.certificateUntrusted])
        #expect(other.first?.observed == "its issuer is CN=other")
        #expect(other.first?.required == "a certificate issued under the trust bundle: CN=ca")
        let impostor = try refusal(certificate("impostor"), verifier("ca"))
        #expect(impostor.map(\.code) == [.certificateUntrusted])
        #expect(impostor.first?.observed == "the signature is not by the key of CN=ca in the trust bundle")
    }

    @Test("a host's certificate cannot issue certificates and is not a root")
    func notAnAuthority() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        try openssl.makeCertificate("guest", by: "host", extensions: Sample.extensions)
        #expect(try codes(certificate("guest"), verifier("ca")) == [.certificateUntrusted])
        // The bundle refuses it, and a self-signed host certificate is not an authority either.
        #expect(throws: IdentityError.self) { try verifier("ca", "host") }
        try openssl.makeRoot("self", extensions: Sample.extensions)
        #expect(throws: IdentityError.self) { try verifier("self") }
        #expect(try codes(certificate("self"), verifier("ca")) == [.certificateUntrusted])
        try openssl.makeRoot("both", extensions: OpenSSL.authorityExtensions + [Sample.extensions[0]])
        #expect(problem { try certificate("both") }?.contains("the certificate of an authority") == true)
    }

    @Test("the path length constraint allows exactly as many authorities as the root states")
    func pathLength() throws {
        let limited = ["basicConstraints=critical,CA:TRUE,pathlen:1"] + OpenSSL.authorityExtensions.dropFirst()
        try openssl.makeRoot("ca", extensions: limited)
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions)
        try openssl.makeCertificate("lower", by: "middle", extensions: OpenSSL.authorityExtensions)
        try openssl.makeCertificate("near", by: "middle", extensions: Sample.extensions)
        try openssl.makeCertificate("far", by: "lower", extensions: Sample.extensions)
        let verifier = try verifier("ca", "middle", "lower")
        _ = try verifier.verify(certificate("near"), at: now)
        let far = try refusal(certificate("far"), verifier)
        #expect(far.map(\.code) == [.certificateUntrusted])
        #expect(far.first?.observed.contains("the authority CN=ca has the path length constraint 1") == true, "\(far)")
    }

    @Test(
        "the root's name constraints apply",
        arguments: [
            ("critical,permitted;URI:prod", nil),
            (
                "permitted;URI:prod,permitted;IP:10.78.0.0/255.255.0.0",
                "permits only IP addresses in 10.78.0.0/16, not fd78::1"
            ),
            ("critical,permitted;URI:test", "permits only URIs in test, not"),
            ("critical,excluded;URI:prod", "excludes URIs in prod"),
            ("critical,permitted;URI:prod,permitted;IP:10.78.0.0/255.255.0.0,permitted;IP:fd78::/ffff::", nil),
            ("critical,permitted;IP:10.79.0.0/255.255.0.0", "permits only IP addresses in 10.79.0.0/16, not 10.78.0.1"),
        ] as [(String, String?)])
    func nameConstraints(constraints: String, refusedFor: String?) throws {
        try openssl.makeRoot("ca", extensions: OpenSSL.authorityExtensions + ["nameConstraints=\(constraints)"])
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let judge = try openssl.run("verify", "-x509_strict", "-CAfile", "ca.pem", "host.pem")
        #expect((judge.status == 0) == (refusedFor == nil), "openssl: \(judge)")
        let refused = try refusal(certificate("host"), verifier("ca"))
        #expect(refused.map(\.code) == (refusedFor == nil ? [] : [.certificateUntrusted]), "\(refused)")
        if let refusedFor { #expect(refused.first?.observed.contains(refusedFor) == true, "\(refused)") }
    }

    @Test(
        "a URI name constraint is one host, or with a leading dot all hosts below it",
        arguments: [
            ("prod.example.com", true), ("PROD.example.com", true), (".example.com", true), (".com", true),
            ("example.com", false), (".prod.example.com", false), ("com", false),
        ])
    func hostConstraints(constraint: String, passes: Bool) throws {
        try openssl.makeRoot(
            "ca",
            extensions: OpenSSL.authorityExtensions + ["nameConstraints=critical,permitted;URI:\(constraint)"])
        try openssl.makeCertificate(
            "host", by: "ca",
            extensions: ["subjectAltName=URI:spiffe://prod.example.com/instance/i-0a"] + Sample.extensions.dropFirst())
        let judge = try openssl.run("verify", "-x509_strict", "-CAfile", "ca.pem", "host.pem")
        #expect((judge.status == 0) == passes, "openssl: \(judge)")
        let refused = try refusal(certificate("host"), verifier("ca", fleet: "prod.example.com"))
        #expect(refused.map(\.code) == (passes ? [] : [.certificateUntrusted]), "\(refused)")
    }

    @Test("validity is exact to the second, and the problem contains both times")
    func validity() throws {
        var fleet = try SampleFleet()
        let verifier = try fleet.verifier()
        let certificate = try fleet.issue(Sample.key(2), lifetime: 3600)
        let minute: TimeInterval = 60
        for passing in [-minute, 0, 3600, 3600.9] {
            _ = try verifier.verify(certificate, at: Sample.now.addingTimeInterval(passing))
        }
        let early = try refusal(certificate, verifier, at: Sample.now.addingTimeInterval(-minute - 1))
        #expect(early.map(\.code).contains(.certificateNotYetValid))
        #expect(early.first?.observed == "valid from 2026-11-21T14:59:00Z, and it is 2026-11-21T14:58:59Z")
        let late = try refusal(certificate, verifier, at: Sample.now.addingTimeInterval(3601))
        #expect(late.map(\.code) == [.certificateExpired])
        #expect(late.first?.observed == "valid until 2026-11-21T16:00:00Z, and it is 2026-11-21T16:00:01Z")
    }

    @Test("certificates of an authority outside its validity are refused, and the problem names the authority")
    func authorityValidity() throws {
        try openssl.makeRoot("ca", days: 2)
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions, days: 30)
        let verifier = try verifier("ca")
        _ = try verifier.verify(certificate("host"), at: now.addingTimeInterval(86400))
        let late = try refusal(certificate("host"), verifier, at: now.addingTimeInterval(3 * 86400))
        #expect(late.map(\.code) == [.certificateExpired])
        #expect(late.first?.observed.hasPrefix("the authority CN=ca is valid until ") == true)
        let early = try refusal(certificate("host"), verifier, at: now.addingTimeInterval(-86400))
        #expect(early.map(\.code) == [.certificateNotYetValid, .certificateNotYetValid])
    }

    @Test("with one expired and one valid path to a root, the valid one is found")
    func twoWays() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 2)
        try openssl.makeCertificate("host", by: "middle", extensions: Sample.extensions, days: 30)
        // The same intermediate, certified again for longer.
        try openssl.make("req", "-new", "-key", "middle.key", "-subj", "/CN=middle", "-out", "again.csr")
        try openssl.make(
            "x509", "-req", "-in", "again.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "300", "-extfile",
            "middle.ext", "-extensions", "ext", "-out", "again.pem")
        let later = now.addingTimeInterval(3 * 86400)
        #expect(try codes(certificate("host"), verifier("ca", "middle"), at: later) == [.certificateExpired])
        for order in [["ca", "middle", "again"], ["again", "middle", "ca"]] {
            let pem = try order.flatMap { try openssl.bytes("\($0).pem") }
            let verifier = try IdentityVerifier(fleet: Sample.fleet, trust: TrustBundle(pem: pem, source: "bundle"))
            _ = try verifier.verify(certificate("host"), at: later)
        }
    }

    @Test("a certificate of another fleet is refused, whoever issued it")
    func otherFleet() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate("host", by: "ca", extensions: Sample.extensions)
        let refused = try refusal(certificate("host"), verifier("ca", fleet: "test"))
        #expect(refused.map(\.code) == [.identityMismatch])
        #expect(refused.first?.observed == "the fleet prod")
        #expect(refused.first?.required == "the fleet test")
    }

    @Test("a stolen certificate without its key is refused")
    func stolen() throws {
        var fleet = try SampleFleet()
        let verifier = try fleet.verifier()
        let (owner, thief) = (try Sample.key(2), try Sample.key(3))
        let certificate = try fleet.issue(owner)
        let (ownStatic, thiefStatic) = (try Sample.staticKey(1), try Sample.staticKey(2))
        let right = try presented(certificate, owner, ownStatic)
        _ = try verifier.verify(right, staticKey: ownStatic, at: Sample.now)
        let attempts = [
            right,  // the owner's signature, replayed with another static key
            try presented(certificate, thief, thiefStatic),
            PresentedIdentity(certificate: certificate.der, staticKeySignature: []),
            PresentedIdentity(certificate: certificate.der, staticKeySignature: Array(repeating: 0, count: 64)),
            PresentedIdentity(certificate: certificate.der, staticKeySignature: right.staticKeySignature + [0]),
        ]
        for attempt in attempts {
            let refused = try reasons { try verifier.verify(attempt, staticKey: thiefStatic, at: Sample.now) }
            #expect(refused.map(\.code) == [.identityMismatch])
        }
    }

    @Test("bytes that are not a certificate are refused as untrusted")
    func garbage() throws {
        let verifier = try SampleFleet().verifier()
        for bytes in [[], [0x30], [UInt8](repeating: 0xff, count: 5000)] {
            let presented = PresentedIdentity(certificate: bytes, staticKeySignature: [])
            let refused = try reasons {
                try verifier.verify(presented, staticKey: Sample.staticKey(1), at: Sample.now)
            }
            #expect(refused.map(\.code) == [.certificateUntrusted])
        }
    }

    @Test("a peer's invalid certificate gives the same text as reading it from a file")
    func sameSentence() throws {
        try openssl.makeRoot("ca")
        for change in ["extendedKeyUsage=codeSigning", "basicConstraints=critical,CA:TRUE"] {
            let name = change.prefix { $0 != "=" }
            try openssl.makeCertificate(
                "host", by: "ca", extensions: Sample.extensions.filter { !$0.hasPrefix(name) } + [change])
            let presented = PresentedIdentity(
                certificate: try openssl.bytes("host.der"), staticKeySignature: Array(repeating: 0, count: 64))
            let refused = try reasons {
                try verifier("ca").verify(presented, staticKey: Sample.staticKey(1), at: now)
            }
            let reason = try #require(refused.first)
            #expect(reason.code == .certificateUntrusted)
            let errorText = try #require(problem { try certificate("host") })
            #expect(errorText.hasSuffix("\(reason.observed); expected \(reason.required)"), "\(errorText)")
        }
    }

    @Test("all problems are reported at once")
    func everyReason() throws {
        var foreign = try SampleFleet(seed: 1, fleet: "test")
        let fleet = try SampleFleet(seed: 2)
        let certificate = try foreign.issue(Sample.key(3), lifetime: 60)
        let revocations = try fleet.authority.revocationList(after: nil, instances: ["i-0a"], at: Sample.now)
        let refused = try refusal(
            certificate, fleet.verifier(revocations), at: Sample.now.addingTimeInterval(61))
        #expect(
            refused.map(\.code) == [
                .identityMismatch, .certificateRevoked, .certificateUntrusted, .certificateExpired,
            ])
    }

    @Test("whatever a hostile certificate contains, a reason is one printable line that fits its encoding")
    func printable() throws {
        try openssl.makeRoot("ca")
        let subject = "/CN=\u{1b}[31m" + String(repeating: "x", count: 50)
        try openssl.makeRoot("evil", subject: subject)
        try openssl.makeCertificate("host", by: "evil", extensions: Sample.extensions)
        let refused = try refusal(certificate("host"), verifier("ca"))
        let observed = try #require(refused.first?.observed)
        #expect(!observed.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(try Reason.decode(Reason.encode(refused)).first?.observed == observed)
    }

    // MARK: Concurrency

    @Test("verification runs on any thread, many at a time")
    func threads() async throws {
        var fleet = try SampleFleet()
        let verifier = try fleet.verifier()
        let certificate = try fleet.issue(Sample.key(2))
        // More tasks than the pool has threads: none may wait for another.
        let passed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask { (try? verifier.verify(certificate, at: Sample.now)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 64)
        let onThread = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(returning: (try? verifier.verify(certificate, at: Sample.now)) != nil)
            }
        }
        #expect(onThread)
    }
}
