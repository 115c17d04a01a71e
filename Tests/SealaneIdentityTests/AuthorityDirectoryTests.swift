import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("An authority's directory")
struct AuthorityDirectoryTests {
    private let scratch: ScratchDirectory
    private let directory: AuthorityDirectory
    private var random = SeededRandom(seed: 11)

    init() throws {
        scratch = try ScratchDirectory()
        directory = AuthorityDirectory(scratch.path("ca"))
        _ = try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random)
    }

    private mutating func sign(
        _ key: IdentityKey, instance: String = "i-0a", address: String? = nil, after seconds: TimeInterval = 0,
        reissuing: Bool = false
    ) throws -> IdentityCertificate {
        let facts = try Sample.facts { facts in
            facts[.instanceID] = Fact(instance, .stated)
            facts.addresses = address.flatMap { IPPrefix($0) }.map { Fact([$0], .stated) } ?? facts.addresses
        }
        return try directory.sign(
            SigningRequest(facts: facts, fleet: Sample.fleet, key: key), reissuing: reissuing,
            at: Sample.now.addingTimeInterval(seconds), using: &random)
    }

    private func refusal(_ body: () throws -> IdentityCertificate) -> String? {
        guard let text = problem(body) else { return nil }
        #expect(text.hasPrefix("refused: "), "\(text)")
        return text
    }

    @Test("only the owner can read the key, and everyone can read the files for the hosts")
    func files() throws {
        #expect(scratch.mode(of: "ca") == 0o700)
        #expect(scratch.mode(of: "ca/ca.key") == 0o600)
        #expect(scratch.mode(of: "ca/ca.pem") == 0o644)
        #expect(scratch.mode(of: "ca/ledger.jsonl") == 0o600)
        let trust = try TrustBundle.read(directory.certificatePath)
        #expect(trust.roots == [try directory.authority().certificate])
    }

    @Test("an existing authority is never replaced, and a key left by a crash is reused")
    mutating func createsOnce() throws {
        let before = try directory.authority().certificate
        let again = problem { try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random) }
        #expect(again?.contains("an authority already exists here") == true)
        #expect(try directory.authority().certificate == before)
        try FileManager.default.removeItem(atPath: directory.certificatePath)
        let renewed = try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random)
        #expect(renewed.certificate.fingerprint != before.fingerprint)
        let key = try IdentityKeyFile.read(scratch.path("ca/ca.key"))
        #expect(try CertificateAuthority(certificate: before, key: key).certificate == before)
    }

    @Test("the ledger contains each issued certificate and the provenance of its facts")
    mutating func ledger() throws {
        let key = try Sample.key(2)
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: key)
        let certificate = try directory.sign(request, at: Sample.now, using: &random)
        let entry = try #require(try directory.entries().first)
        #expect(try directory.entries().count == 1)
        #expect(entry.serial == certificate.serial)
        #expect(entry.fingerprint == certificate.fingerprint.description)
        #expect(entry.instance == "i-0a")
        #expect(entry.facts["type"] == Fact("c5n.large", .stated))
        #expect(entry.facts["vpc"] == Fact("vpc-0a", .stated))
        #expect(entry.addresses == Sample.addresses)
        #expect(entry.validFrom...entry.validUntil == certificate.validity)
        #expect(entry.issuedAt == Sample.now)
        #expect(entry.document == nil)
    }

    @Test("only one key holds an instance's identity; another is refused until it expires, or without reissuing")
    mutating func oneKey() throws {
        let (first, second) = (try Sample.key(2), try Sample.key(3))
        _ = try sign(first)
        let refused = try #require(refusal { try sign(second) })
        #expect(refused.contains("another key holds an identity of i-0a until 2026-11-22T15:00:00Z"), "\(refused)")
        #expect(refusal { try sign(second, after: 86400) } != nil)
        // The same key may renew, and another instance is unaffected.
        _ = try sign(first, after: 3600)
        _ = try sign(second, instance: "i-0b", address: "10.78.0.2/32", after: 3600)
        #expect(try directory.entries().count == 3)
        _ = try sign(second, after: 3600 + 86401)
        _ = try sign(first, after: 3600 + 86401, reissuing: true)
        #expect(try directory.entries().count == 5)
    }

    @Test("only one key holds an address; another instance that requests it is refused without reissuing")
    mutating func oneOwner() throws {
        let (first, second) = (try Sample.key(2), try Sample.key(3))
        _ = try sign(first)
        let refused = try #require(refusal { try sign(second, instance: "i-0b", address: "10.78.0.1/32") })
        #expect(refused.contains("10.78.0.1 is in an identity of i-0a until 2026-11-22T15:00:00Z"), "\(refused)")
        _ = try sign(second, instance: "i-0b", address: "10.78.0.2/32")
        #expect(refusal { try sign(second, instance: "i-0b", address: "fd78::1/128") } != nil)
        _ = try sign(second, instance: "i-0b", address: "fd78::1/128", reissuing: true)
        _ = try sign(second, instance: "i-0b", address: "10.78.0.1/32", after: 86401)
        _ = try directory.revoke(instances: ["i-0b"], at: Sample.now.addingTimeInterval(86401))
        _ = try sign(first, address: "10.78.0.1/32", after: 86402)
    }

    @Test("after revoking a certificate another key may follow, but a revoked instance gets no certificate")
    mutating func revoked() throws {
        let (first, second) = (try Sample.key(2), try Sample.key(3))
        let certificate = try sign(first)
        let list = try directory.revoke(serials: [certificate.serial], at: Sample.now)
        #expect(try directory.revocations() == list)
        #expect(scratch.mode(of: "ca/revoked") == 0o644)
        let replaced = try sign(second)
        #expect(!list.revokes(replaced))
        let further = try directory.revoke(instances: ["i-0a"], at: Sample.now)
        #expect(further.number == 3)
        #expect(further.revokes(certificate) && further.revokes(replaced))
        #expect(refusal { try sign(second, reissuing: true) }?.contains("the instance i-0a is in list 3") == true)
        _ = try sign(second, instance: "i-0b", address: "10.78.0.2/32")
    }

    @Test("a line truncated by a crash is dropped, and the next entry starts on its own line")
    mutating func tornLine() throws {
        let key = try Sample.key(2)
        let path = scratch.path("ca/ledger.jsonl")
        let certificate = try sign(key)
        let whole = try Data(contentsOf: URL(filePath: path))
        for torn in [1, whole.count / 2, whole.count - 1] {
            try (whole + whole.prefix(torn)).write(to: URL(filePath: path))
            #expect(try directory.entries().map(\.serial) == [certificate.serial])
            let next = try sign(key)
            #expect(try directory.entries().map(\.serial) == [certificate.serial, next.serial])
        }
    }

    @Test("a ledger with a malformed line is refused with the line number, and nothing is signed")
    mutating func damagedLedger() throws {
        let key = try Sample.key(2)
        let path = scratch.path("ca/ledger.jsonl")
        _ = try sign(key)
        let whole = try String(contentsOfFile: path, encoding: .utf8)
        for damage in [whole + "\n", whole + "{}\n", whole + whole.replacing("\"serial\":\"", with: "\"serial\":\"x")] {
            try damage.write(toFile: path, atomically: false, encoding: .utf8)
            #expect(problem { try sign(key) }?.hasPrefix("ledger in \(path), line 2: ") == true)
        }
        #expect(problem { try directory.revoke(instances: ["i-0a"], at: Sample.now) } != nil)
    }

    @Test("without its ledger an authority neither signs nor revokes until an empty ledger is created")
    mutating func lostLedger() throws {
        let key = try Sample.key(2)
        _ = try sign(key)
        try FileManager.default.removeItem(atPath: scratch.path("ca/ledger.jsonl"))
        let errorText = try #require(problem { try sign(key) })
        #expect(errorText.hasPrefix("ledger: ") && errorText.contains("restore a backup"), "\(errorText)")
        #expect(problem { try directory.revoke(instances: ["i-0a"], at: Sample.now) } == errorText)
        #expect(problem { try directory.entries() } == errorText)
        #expect(throws: IdentityError.self) {
            try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random)
        }
        #expect(scratch.mode(of: "ca/ledger.jsonl") == nil)
        try scratch.write("", to: "ca/ledger.jsonl")
        _ = try sign(Sample.key(3))
    }

    @Test("of concurrent requests for one instance with several keys, one is signed")
    mutating func atTheSameTime() async throws {
        let directory = directory
        let signed = await withTaskGroup { group in
            for seed in 0..<8 as Range<UInt64> {
                group.addTask {
                    var random = SeededRandom(seed: 100 + seed)
                    let request = try? SigningRequest(
                        facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(20 + seed))
                    return (try? request.map { try directory.sign($0, at: Sample.now, using: &random) }) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(signed == 1)
        #expect(try directory.entries().count == 1)
    }

    @Test("a revocation list by another authority is refused")
    mutating func forgedList() throws {
        let stranger = try SampleFleet(seed: 5)
        let forged = try stranger.authority.revocationList(after: nil, at: Sample.now)
        try Data(forged.text).write(to: URL(filePath: directory.revocationsPath))
        #expect(problem { try directory.revocations() }?.contains("not by this authority") == true)
        #expect(throws: IdentityError.self) { try sign(Sample.key(2)) }
    }
}
