import Foundation
import SealaneIdentity
import TestSupport
import Testing

/// The file of lists that a host is given, and what it remembers of those before.
@Suite("The revocation lists of a host")
struct RevocationsTests {
    private let scratch: ScratchDirectory
    /// Roots of one fleet, made on one day.
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

    /// Reads a file of these lists as a host does that starts, and takes them.
    @discardableResult
    private func take(
        _ lists: [RevocationList], _ trust: TrustBundle, at now: Date? = nil, remembering: Bool = true
    ) throws -> Revocations {
        let path = scratch.path("revoked")
        try Data(lists.flatMap(\.text)).write(to: URL(filePath: path))
        var memory = try memory()
        let revocations = try Revocations.read(
            path, fleet: Sample.fleet, trust: trust, memory: memory, at: now ?? self.now)
        if remembering {
            try memory.remember(revocations.entries.filter { $0.standing == .current }.map(\.list))
        }
        return revocations
    }

    private func lists(_ authority: CertificateAuthority, _ count: Int) throws -> [RevocationList] {
        try (1...count).reduce(into: []) { lists, number in
            lists.append(
                try authority.revocationList(after: lists.last, instances: ["i-\(number)"], at: now))
        }
    }

    @Test("two roots that were made on one day have different names, and are told apart by their keys")
    func names() {
        #expect(old.certificate.subject != new.certificate.subject)
        #expect(old.certificate.keyIdentifier != new.certificate.keyIdentifier)
        #expect(old.certificate.title.contains(old.certificate.keyIdentifier.short))
    }

    @Test("the greatest number holds after a restart; an older list is refused with number, date and authority")
    func restart() throws {
        let lists = try lists(old, 3)
        let trust = try bundle(old)
        try take([lists[1]], trust)
        let told = try #require(problem { try take([lists[0]], trust) })
        #expect(told.contains("list 1 of 2026-11-21T15:00:00Z by \(old.certificate.subject)"), "\(told)")
        #expect(told.contains("while list 2 of 2026-11-21T15:00:00Z was in use here"), "\(told)")
        #expect(told.contains("a list with a greater number"), "\(told)")
        // The same again, and a later one, pass. Another one with the same number does not.
        try take([lists[1]], trust)
        let twin = try old.revocationList(after: lists[0], instances: ["i-9"], at: now)
        #expect(problem { try take([twin], trust) }?.contains("with the same number") == true)
        try take([lists[2]], trust)
        #expect(throws: IdentityError.self) { try take([lists[1]], trust) }
        #expect(scratch.mode(of: "revocation-lists.json") == 0o600)
    }

    @Test("what was not in force is not remembered, and what could not be written still holds")
    func memoryOnly() throws {
        let lists = try lists(old, 2)
        let trust = try bundle(old)
        let second = try take([lists[1]], trust, remembering: false)
        try take([lists[0]], trust, remembering: false)
        let memory = try memory().including(second)
        let path = scratch.path("revoked")
        try Data(lists[0].text).write(to: URL(filePath: path))
        #expect(throws: IdentityError.self) {
            try Revocations.read(path, fleet: Sample.fleet, trust: trust, memory: memory, at: now)
        }
    }

    @Test("numbers are one authority's: the first list of a new root beside a later one of the old root")
    func numbers() throws {
        let (oldLists, newLists) = (try lists(old, 3), try lists(new, 1))
        try take([oldLists[2]], bundle(old))
        let both = try take([oldLists[2], newLists[0]], bundle(old, new))
        #expect(both.entries.map(\.standing) == [.current, .current])
        #expect(Set(both.lists.map(\.number)) == [1, 3])
        // In the other order as well; one list of each.
        try take([newLists[0], oldLists[2]], bundle(old, new))
        #expect(
            problem { try take([oldLists[1], oldLists[2]], bundle(old)) }?.contains("list") == true)
    }

    @Test("the move to a new root, step by step: no step is refused, and what was revoked stays so")
    func move() throws {
        let (oldLists, newLists) = (try lists(old, 3), try lists(new, 2))
        func revoked(_ revocations: Revocations) -> Set<String> {
            revocations.lists.reduce(into: []) { $0.formUnion($1.instances) }
        }
        let all: Set<String> = ["i-1", "i-2", "i-3"]
        try take([oldLists[2]], bundle(old))
        try take([oldLists[2]], bundle(old, new))
        // The new authority's list alone: the old one's stays in force while its root is trusted.
        let replaced = try take([newLists[0]], bundle(old, new))
        #expect(revoked(replaced) == all)
        #expect(Set(replaced.entries.map(\.standing)) == [.current, .remembered])
        #expect(replaced.warnings.count == 1)
        try take([oldLists[2], newLists[0]], bundle(old, new))
        // The old root goes, its list is still in the file, beside the new one's or alone.
        let beside = try take([oldLists[2], newLists[0]], bundle(new))
        #expect(revoked(beside) == all)
        #expect(Set(beside.entries.map(\.standing)) == [.current, .retired])
        let alone = try take([oldLists[2]], bundle(new))
        #expect(revoked(alone) == all)
        #expect(alone.warnings.contains { $0.contains("not in the trust bundle") })
        // Its list goes too.
        let last = try take([newLists[1]], bundle(new))
        #expect(last.lists == [newLists[1]])
        #expect(last.warnings.isEmpty)
        #expect(throws: IdentityError.self) { try take([newLists[0]], bundle(new)) }
    }

    @Test("a list of a root that is not trusted is refused by a host that never had it in force")
    func unknownRoot() throws {
        let told = problem { try take([try lists(old, 1)[0]], bundle(new)) }
        #expect(told?.contains("the signature is by no authority of the trust bundle") == true)
        #expect(told?.contains(new.certificate.keyIdentifier.short) == true, "\(told ?? "")")
    }

    @Test("an authority that has expired, or is not valid yet, brings no new list; the one in force stays")
    func validity() throws {
        var random = SeededRandom(seed: 5)
        let brief = try CertificateAuthority(
            creatingRootOf: Sample.fleet, key: Sample.key(9), lifetime: 3600, at: now, using: &random)
        let lists = try lists(brief, 2)
        let trust = try bundle(brief, new)
        let early = problem { try take([lists[0]], trust, at: now.addingTimeInterval(-3600)) }
        #expect(early?.contains("valid from") == true, "\(early ?? "")")
        try take([lists[0]], trust)
        let late = now.addingTimeInterval(3601)
        let kept = try take([lists[0]], trust, at: late)
        #expect(kept.entries.map(\.standing) == [.retired])
        let told = problem { try take([lists[1]], trust, at: late) }
        let over = "valid until 2026-11-21T16:00:00Z, and it is 2026-11-21T16:00:01Z"
        #expect(told?.contains(over) == true, "\(told ?? "")")
        #expect(told?.contains("a list by an authority of the fleet prod that is valid now") == true)
    }

    @Test("a damaged memory is told, and never passed over")
    func damaged() throws {
        let list = try lists(old, 1)[0]
        try take([list], bundle(old))
        for text in ["", "{}", "{\"schemaVersion\":2,\"lists\":[]}", "[]"] {
            try scratch.write(text, to: "revocation-lists.json")
            #expect(problem { try memory() }?.contains("revocation-lists.json") == true, "\(text)")
        }
    }

    @Test("lists of another fleet are remembered beside this one's")
    func fleets() throws {
        let other = try SampleFleet(seed: 7, fleet: "test").authority
        let list = try lists(other, 2)[1]
        var memory = try RevocationMemory(stateDirectory: scratch.root, fleet: TrustDomain(fleet: "test"))
        try memory.remember([list])
        try take([try lists(old, 2)[1]], bundle(old))
        let again = try RevocationMemory(stateDirectory: scratch.root, fleet: TrustDomain(fleet: "test"))
        let path = try scratch.write(String(decoding: try lists(other, 1)[0].text, as: UTF8.self), to: "other")
        #expect(throws: IdentityError.self) {
            try Revocations.read(path, fleet: TrustDomain(fleet: "test"), trust: bundle(other), memory: again, at: now)
        }
    }

    @Test("an old list refuses every certificate only where it is told to, and at that second")
    func age() throws {
        var fleet = try SampleFleet()
        let certificate = try fleet.issue(Sample.key(2), lifetime: 30 * 86400)
        let list = try fleet.authority.revocationList(after: nil, at: now)
        let day: TimeInterval = 86400
        func codes(_ end: Date?, after seconds: TimeInterval) throws -> [String] {
            let verifier = IdentityVerifier(
                fleet: try Sample.fleet, trust: fleet.trust, revocations: [list], listsEnd: end)
            return try reasons { try verifier.verify(certificate, at: now.addingTimeInterval(seconds)) }
                .map(\.code.rawValue)
        }
        let end = now.addingTimeInterval(day)
        #expect(try codes(nil, after: 10 * day).isEmpty)
        #expect(try codes(end, after: day).isEmpty)
        #expect(try codes(end, after: day + 1) == ["revocation-list-stale"])
        let verifier = IdentityVerifier(
            fleet: try Sample.fleet, trust: fleet.trust, revocations: [list], listsEnd: end)
        #expect(try verifier.verify(certificate, at: now).validity.upperBound == end)
    }
}

/// Who may sign lists. openssl makes authorities that Sealane's own does not.
@Suite("Signers of revocation lists")
struct RevocationSignerTests {
    private let openssl: OpenSSL

    init() throws { openssl = try OpenSSL() }

    private func read(_ signer: String, _ trust: String...) throws -> Revocations {
        // A certificate that names the fleet makes the key one of an authority for this library.
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

    @Test("a root and an intermediate with cRLSign may, whatever they are called")
    func maySign() throws {
        try openssl.makeRoot("ca")
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 30)
        #expect(try read("ca", "ca", "middle").lists.count == 1)
        #expect(try read("middle", "ca", "middle").lists.count == 1)
    }

    @Test("an authority without cRLSign may not")
    func keyUsage() throws {
        try openssl.makeRoot("ca", extensions: Self.noListSigning)
        let told = problem { try read("ca", "ca") }
        let expected = "may not sign revocation lists; expected one whose certificate has the key usage cRLSign"
        #expect(told?.contains(expected) == true, "\(told ?? "")")
    }

    @Test(
        "an authority of another fleet may not, by its own name or by what it may vouch for",
        arguments: [
            ("subjectAltName=URI:spiffe://test", "is of the fleet test"),
            ("nameConstraints=critical,permitted;URI:test", "vouches for URIs in test alone"),
            ("nameConstraints=critical,excluded;URI:prod", "does not vouch for URIs in prod"),
        ])
    func otherFleet(line: String, told: String) throws {
        try openssl.makeRoot("ca", extensions: OpenSSL.authorityExtensions + [line])
        let problem = try #require(problem { try read("ca", "ca") })
        #expect(problem.contains(told), "\(problem)")
        let right =
            line.contains("excluded")
            ? "nameConstraints=critical,excluded;URI:test" : line.replacing("test", with: "prod")
        try openssl.makeRoot("right", extensions: OpenSSL.authorityExtensions + [right])
        _ = try read("right", "right")
    }

    @Test(
        "an authority whose alternative names cannot be read is none: they may name another fleet",
        arguments: [
            // An OCTET STRING, a name of an unknown kind, a URI that is no IA5String.
            "subjectAltName=DER:0403010203", "subjectAltName=critical,DER:3003890161", "subjectAltName=DER:30038601ff",
        ])
    func unreadableNames(line: String) throws {
        try openssl.makeRoot("ca", extensions: OpenSSL.authorityExtensions + [line])
        let problem = try #require(problem { try read("ca", "ca") })
        #expect(problem.contains("alternative names that cannot be read"), "\(problem)")
    }

    @Test("an intermediate that its root does not let vouch for the fleet may not")
    func constrainedByRoot() throws {
        try openssl.makeRoot(
            "ca", extensions: OpenSSL.authorityExtensions + ["nameConstraints=critical,permitted;URI:test"])
        try openssl.makeCertificate("middle", by: "ca", extensions: OpenSSL.authorityExtensions, days: 30)
        #expect(problem { try read("middle", "ca", "middle") }?.contains("vouches for URIs in test alone") == true)
    }
}
