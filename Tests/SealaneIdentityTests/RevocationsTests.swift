import Foundation
import SealaneIdentity
import TestSupport
import Testing

/// A host's file of revocation lists, and its memory of earlier ones.
@Suite("The revocation lists of a host")
struct RevocationsTests {
    private let scratch: ScratchDirectory
    /// Two roots of one fleet, created on the same day.
    private let old: CertificateAuthority
    private let new: CertificateAuthority
    private let now = Sample.now

    init() throws {
        scratch = try ScratchDirectory()
        old = try SampleFleet(seed: 1).authority
        new = try SampleFleet(seed: 2).authority
    }

    private func bundle(_ authorities: CertificateAuthority...) throws -> TrustBundle {
        try TrustBundle(pem: authorities.flatMap(\.certificate.pem), source: "bundle")
    }

    private func memory() throws -> RevocationMemory {
        try RevocationMemory(stateDirectory: scratch.root, fleet: Sample.fleet)
    }

    /// Reads a file of these lists as a starting host does, and remembers them.
    @discardableResult
    private func adopt(
        _ lists: [RevocationList], _ trust: TrustBundle, at now: Date? = nil, remembering: Bool = true
    ) throws -> Revocations {
        let path = scratch.path("revoked")
        try Data(lists.flatMap(\.text)).write(to: URL(filePath: path))
        var memory = try memory()
        let revocations = try Revocations.read(
            path, fleet: Sample.fleet, trust: trust, memory: memory, at: now ?? self.now)
        if remembering {
            try memory.remember(revocations.entries.filter { $0.status == .current }.map(\.list))
        }
        return revocations
    }

    private func lists(_ authority: CertificateAuthority, _ count: Int) throws -> [RevocationList] {
        try (1...count).reduce(into: []) { lists, number in
            lists.append(
                try authority.revocationList(after: lists.last, instances: ["i-\(number)"], at: now))
        }
    }

    @Test("two roots created on the same day have different names and are distinguished by their keys")
    func names() {
        #expect(old.certificate.subject != new.certificate.subject)
        #expect(old.certificate.keyIdentifier != new.certificate.keyIdentifier)
        #expect(old.certificate.title.contains(old.certificate.keyIdentifier.short))
    }

    @Test(
        "the list with the highest number stays in force after a restart, and an older list is refused with number, date and authority"
    )
    func restart() throws {
        let lists = try lists(old, 3)
        let trust = try bundle(old)
        try adopt([lists[1]], trust)
        let errorText = try #require(problem { try adopt([lists[0]], trust) })
        #expect(errorText.contains("list 1 of 2026-11-21T15:00:00Z by \(old.certificate.subject)"), "\(errorText)")
        #expect(errorText.contains("but list 2 of 2026-11-21T15:00:00Z was in use here"), "\(errorText)")
        #expect(errorText.contains("a list with a higher number"), "\(errorText)")
        // The same list and a later one pass. A different one with the same number does not.
        try adopt([lists[1]], trust)
        let twin = try old.revocationList(after: lists[0], instances: ["i-9"], at: now)
        #expect(problem { try adopt([twin], trust) }?.contains("with the same number") == true)
        try adopt([lists[2]], trust)
        #expect(throws: IdentityError.self) { try adopt([lists[1]], trust) }
        #expect(scratch.mode(of: "revocation-lists.json") == 0o600)
    }

    @Test("a list that was not in force is not remembered, and one that could not be written still applies")
    func memoryOnly() throws {
        let lists = try lists(old, 2)
        let trust = try bundle(old)
        let second = try adopt([lists[1]], trust, remembering: false)
        try adopt([lists[0]], trust, remembering: false)
        let memory = try memory().including(second)
        let path = scratch.path("revoked")
        try Data(lists[0].text).write(to: URL(filePath: path))
        #expect(throws: IdentityError.self) {
            try Revocations.read(path, fleet: Sample.fleet, trust: trust, memory: memory, at: now)
        }
    }

    @Test("numbers are per authority: the first list of a new root passes next to a later list of the old root")
    func numbers() throws {
        let (oldLists, newLists) = (try lists(old, 3), try lists(new, 1))
        try adopt([oldLists[2]], bundle(old))
        let both = try adopt([oldLists[2], newLists[0]], bundle(old, new))
        #expect(both.entries.map(\.status) == [.current, .current])
        #expect(Set(both.lists.map(\.number)) == [1, 3])
        // Also in the other order; one list per authority.
        try adopt([newLists[0], oldLists[2]], bundle(old, new))
        #expect(
            problem { try adopt([oldLists[1], oldLists[2]], bundle(old)) }?.contains("list") == true)
    }

    @Test("moving to a new root step by step: no step is refused, and revocations persist")
    func move() throws {
        let (oldLists, newLists) = (try lists(old, 3), try lists(new, 2))
        func revoked(_ revocations: Revocations) -> Set<String> {
            revocations.lists.reduce(into: []) { $0.formUnion($1.instances) }
        }
        let all: Set<String> = ["i-1", "i-2", "i-3"]
        try adopt([oldLists[2]], bundle(old))
        try adopt([oldLists[2]], bundle(old, new))
        // Only the new authority's list: the old one's stays in force while its root is trusted.
        let replaced = try adopt([newLists[0]], bundle(old, new))
        #expect(revoked(replaced) == all)
        #expect(Set(replaced.entries.map(\.status)) == [.current, .remembered])
        #expect(replaced.warnings.count == 1)
        try adopt([oldLists[2], newLists[0]], bundle(old, new))
        // The old root is removed, but its list is still in the file, with the new one's or alone.
        let beside = try adopt([oldLists[2], newLists[0]], bundle(new))
        #expect(revoked(beside) == all)
        #expect(Set(beside.entries.map(\.status)) == [.current, .retired])
        let alone = try adopt([oldLists[2]], bundle(new))
        #expect(revoked(alone) == all)
        #expect(alone.warnings.contains { $0.contains("not in the trust bundle") })
        // The old list is removed too.
        let last = try adopt([newLists[1]], bundle(new))
        #expect(last.lists == [newLists[1]])
        #expect(last.warnings.isEmpty)
        #expect(throws: IdentityError.self) { try adopt([newLists[0]], bundle(new)) }
    }

    @Test("a host refuses a list by an untrusted root that was never in force there")
    func unknownRoot() throws {
        let errorText = problem { try adopt([try lists(old, 1)[0]], bundle(new)) }
        #expect(errorText?.contains("no authority of the trust bundle made the signature") == true)
        #expect(errorText?.contains(new.certificate.keyIdentifier.short) == true, "\(errorText ?? "")")
    }

    @Test("an authority outside its validity cannot add a new list, but its list in force stays")
    func validity() throws {
        var random = SeededRandom(seed: 5)
        let brief = try CertificateAuthority(
            creatingRootOf: Sample.fleet, key: Sample.key(9), lifetime: 3600, at: now, using: &random)
        let lists = try lists(brief, 2)
        let trust = try bundle(brief, new)
        let early = problem { try adopt([lists[0]], trust, at: now.addingTimeInterval(-3600)) }
        #expect(early?.contains("valid from") == true, "\(early ?? "")")
        try adopt([lists[0]], trust)
        let late = now.addingTimeInterval(3601)
        let kept = try adopt([lists[0]], trust, at: late)
        #expect(kept.entries.map(\.status) == [.retired])
        let errorText = problem { try adopt([lists[1]], trust, at: late) }
        let over = "valid until 2026-11-21T16:00:00Z, and it is 2026-11-21T16:00:01Z"
        #expect(errorText?.contains(over) == true, "\(errorText ?? "")")
        #expect(errorText?.contains("a list by an authority of the fleet prod that is valid now") == true)
    }

    @Test("a damaged memory is reported, never ignored")
    func damaged() throws {
        let list = try lists(old, 1)[0]
        try adopt([list], bundle(old))
        for text in ["", "{}", "{\"schemaVersion\":2,\"lists\":[]}", "[]"] {
            try scratch.write(text, to: "revocation-lists.json")
            #expect(problem { try memory() }?.contains("revocation-lists.json") == true, "\(text)")
        }
    }

    @Test("lists of another fleet are remembered separately")
    func fleets() throws {
        let other = try SampleFleet(seed: 7, fleet: "test").authority
        let list = try lists(other, 2)[1]
        var memory = try RevocationMemory(stateDirectory: scratch.root, fleet: TrustDomain(fleet: "test"))
        try memory.remember([list])
        try adopt([try lists(old, 2)[1]], bundle(old))
        let again = try RevocationMemory(stateDirectory: scratch.root, fleet: TrustDomain(fleet: "test"))
        let path = try scratch.write(String(decoding: try lists(other, 1)[0].text, as: UTF8.self), to: "other")
        #expect(throws: IdentityError.self) {
            try Revocations.read(path, fleet: TrustDomain(fleet: "test"), trust: bundle(other), memory: again, at: now)
        }
    }

    @Test("an old list refuses every certificate only if configured, exactly from that second")
    func age() throws {
        var fleet = try SampleFleet()
        let certificate = try fleet.issue(Sample.key(2), lifetime: 30 * 86400)
        let list = try fleet.authority.revocationList(after: nil, at: now)
        let day: TimeInterval = 86400
        func codes(_ end: Date?, after seconds: TimeInterval) throws -> [String] {
            let verifier = IdentityVerifier(
                fleet: try Sample.fleet, trust: fleet.trust, revocations: [list], listsValidUntil: end)
            return try reasons { try verifier.verify(certificate, at: now.addingTimeInterval(seconds)) }
                .map(\.code.rawValue)
        }
        let end = now.addingTimeInterval(day)
        #expect(try codes(nil, after: 10 * day).isEmpty)
        #expect(try codes(end, after: day).isEmpty)
        #expect(try codes(end, after: day + 1) == ["revocation-list-stale"])
        let verifier = IdentityVerifier(
            fleet: try Sample.fleet, trust: fleet.trust, revocations: [list], listsValidUntil: end)
        #expect(try verifier.verify(certificate, at: now).validity.upperBound == end)
    }
}

/// Which authorities may sign lists. openssl makes authorities that Sealane does not.
@Suite("Signers of revocation lists")
struct RevocationSignerTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func read(_ signer: String, _ trust: String...) throws -> Revocations {
        // For this library, a key with a certificate that names the fleet is an authority's.
        let key = try IdentityKeyFile.read(openssl.path("\(signer).key"))
        var random = SeededRandom(seed: 3)
        let named = try CertificateAuthority(creatingRootOf: Sample.fleet, key: key, at: Date(), using: &random)
        let list = try named.revocationList(after: nil, instances: ["i-0a"], at: Date())
        try openssl.write(list.text, to: "revoked")
        let pem = try trust.flatMap { try openssl.bytes("\($0).pem") }
        return try Revocations.read(
            openssl.path("revoked"), fleet: Sample.fleet, trust: TrustBundle(pem: pem, source: "bundle"), memory: nil,
            at: Date())
    }

    private static let noListSigning = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"]

    @Test("a root and an intermediate with cRLSign may sign lists, whatever their names")
    func maySign() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 30)
        #expect(try read("ca", "ca", "middle").lists.count == 1)
        #expect(try read("middle", "ca", "middle").lists.count == 1)
    }

    @Test("an authority without cRLSign may not sign lists")
    func keyUsage() throws {
        try openssl.makeRoot("ca", extensions: Self.noListSigning)
        let errorText = problem { try read("ca", "ca") }
        let expected =
            "may not sign revocation lists; expected an authority whose certificate has the key usage cRLSign"
        #expect(errorText?.contains(expected) == true, "\(errorText ?? "")")
    }

    @Test(
        "an authority of another fleet may not sign lists, by its name or its name constraints",
        arguments: [
            ("subjectAltName=URI:spiffe://test", "belongs to the fleet test"),
            ("nameConstraints=critical,permitted;URI:test", "permits only URIs in test, not"),
            ("nameConstraints=critical,excluded;URI:prod", "excludes URIs in prod"),
        ])
    func otherFleet(line: String, errorText: String) throws {
        try openssl.makeRoot("ca", extensions: OpenSSL.authorityExtensions + [line])
        let problem = try #require(problem { try read("ca", "ca") })
        #expect(problem.contains(errorText), "\(problem)")
        let right =
            line.contains("excluded")
            ? "nameConstraints=critical,excluded;URI:test" : line.replacing("test", with: "prod")
        try openssl.makeRoot("right", extensions: OpenSSL.authorityExtensions + [right])
        _ = try read("right", "right")
    }

    @Test(
        "an authority with malformed subject alternative names is refused, because they may name another fleet",
        arguments: [
            // An OCTET STRING, a name of an unknown type, a URI that is not an IA5String.
            "subjectAltName=DER:0403010203", "subjectAltName=critical,DER:3003890161", "subjectAltName=DER:30038601ff",
        ])
    func malformedNames(line: String) throws {
        try openssl.makeRoot("ca", extensions: OpenSSL.authorityExtensions + [line])
        let problem = try #require(problem { try read("ca", "ca") })
        #expect(problem.contains("malformed subject alternative names"), "\(problem)")
    }

    @Test("an intermediate whose root is not constrained to the fleet may not sign lists")
    func constrainedByRoot() throws {
        try openssl.makeRoot(
            "ca", extensions: OpenSSL.authorityExtensions + ["nameConstraints=critical,permitted;URI:test"])
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 30)
        #expect(problem { try read("middle", "ca", "middle") }?.contains("permits only URIs in test, not") == true)
    }
}
