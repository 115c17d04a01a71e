import Foundation
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

@Suite("Identities issued for a document that AWS signed")
struct DocumentEnrolmentTests {
    private let scratch: ScratchDirectory
    private let directory: AuthorityDirectory
    private var random = SeededRandom(seed: 12)

    init() throws {
        scratch = try ScratchDirectory()
        directory = AuthorityDirectory(scratch.path("ca"))
        _ = try directory.create(fleet: Sample.fleet, at: Sample.now, using: &random)
    }

    /// A document of an instance that was launched a minute before `Sample.now`.
    private static func document(_ changes: [String: String?] = [:]) throws -> InstanceIdentityDocument {
        let region = try TestRegion.shared
        let launch: [String: String?] = ["pendingTime": #""2026-11-21T14:59:00Z""#]
        return try region.document(verifying: region.signed(testRegionDocument(launch.merging(changes) { $1 })))
    }

    private mutating func sign(
        _ key: IdentityKey, _ document: InstanceIdentityDocument, after seconds: TimeInterval = 0,
        maximumAge: Duration = InstanceIdentityDocument.maximumAge, reissuing: Bool = false
    ) throws -> IdentityCertificate {
        try directory.sign(
            SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: key), document: document,
            maximumDocumentAge: maximumAge, reissuing: reissuing, at: Sample.now.addingTimeInterval(seconds),
            using: &random)
    }

    @Test("have its facts and address, and the stated VPC, subnet and overlay addresses")
    mutating func facts() throws {
        let document = try Self.document()
        let certificate = try sign(Sample.key(2), document)
        let verifier = IdentityVerifier(
            fleet: try Sample.fleet, trust: try TrustBundle.read(directory.certificatePath))
        let facts = try verifier.verify(certificate, at: Sample.now).facts
        #expect(facts[.instanceID] == Fact("i-0123456789abcdef0", .signedDocument))
        #expect(facts[.instanceType] == Fact("c5n.18xlarge", .signedDocument))
        #expect(facts[.account] == Fact("123456789012", .signedDocument))
        #expect(facts[.region] == Fact("xx-test-1", .signedDocument))
        #expect(facts[.zone] == Fact("xx-test-1a", .signedDocument))
        #expect(facts[.vpc] == Fact("vpc-0a", .certificate))
        #expect(facts[.subnet] == Fact("subnet-0a", .certificate))
        #expect(facts.addresses?.provenance == .certificate)
        #expect(certificate.addresses.map(\.description) == Sample.addresses + ["10.0.0.1"])

        let entry = try #require(try directory.entries().first)
        #expect(entry.document == document.digest)
        #expect(entry.facts["type"] == Fact("c5n.18xlarge", .signedDocument))
        #expect(entry.facts["vpc"] == Fact("vpc-0a", .stated))
    }

    @Test("are refused if the instance was launched long ago, unless the operator allows it")
    mutating func age() throws {
        let (key, document) = (try Sample.key(2), try Self.document())
        let refused = try #require(problem { try sign(key, document, after: 241) })
        #expect(refused.hasPrefix("refused: "), "\(refused)")
        #expect(refused.contains("2026-11-21T14:59:00Z") && refused.contains("2026-11-21T15:04:01Z"), "\(refused)")
        #expect(problem { try sign(key, document, after: -121) } != nil)
        #expect(try directory.entries().isEmpty)
        _ = try sign(key, document, after: 241, maximumAge: .seconds(301))
    }

    @Test("can be renewed by their key with the same document at any age, but a later launch must be fresh")
    mutating func renewal() throws {
        let key = try Sample.key(2)
        _ = try sign(key, Self.document())
        _ = try sign(key, Self.document(), after: 86_000)
        _ = try sign(key, Self.document(), after: 864_000)
        #expect(try directory.entries().count == 3)
        let resized = try Self.document(["instanceType": #""t3.micro""#])
        #expect(problem { try sign(key, resized, after: 864_000) }?.contains("the instance was launched at") == true)
    }

    @Test("cannot be renewed by a key whose identity was revoked, unless the document is fresh")
    mutating func revoked() throws {
        let key = try Sample.key(2)
        let certificate = try sign(key, Self.document())
        _ = try directory.revoke(serials: [certificate.serial], at: Sample.now)
        _ = try sign(key, Self.document(), after: 240)
        let renewed = try #require(try directory.entries().last)
        _ = try directory.revoke(serials: [renewed.serial], at: Sample.now)
        let refused = problem { try sign(key, Self.document(), after: 241) }
        #expect(refused?.contains("the instance was launched at") == true, "\(refused ?? "")")
    }

    @Test("belong to one key per document, even after the identity expires, unless reissued")
    mutating func reuse() throws {
        let (first, second) = (try Sample.key(2), try Sample.key(3))
        let document = try Self.document()
        _ = try sign(first, document)
        #expect(problem { try sign(second, document, after: 1) }?.contains("another key holds an identity") == true)
        let late = problem { try sign(second, document, after: 90_000, maximumAge: .seconds(1_000_000)) }
        #expect(late?.contains("another key used the document on 2026-11-21T15:00:00Z") == true, "\(late ?? "")")
        _ = try sign(second, document, after: 90_000, maximumAge: .seconds(1_000_000), reissuing: true)
        #expect(try directory.entries().count == 2)
    }

    @Test(
        "count as document-backed only if every authority up to the root states that it checks documents",
        arguments: [false, true])
    func commentsOfIntermediates(rootChecks: Bool) throws {
        let openssl = try OpenSSL()
        let comment = "nsComment=checks instance identity documents"
        try openssl.makeRoot("root", extensions: OpenSSL.authorityExtensions + (rootChecks ? [comment] : []))
        try openssl.makeCertificate("middle", by: "root", extensions: OpenSSL.authorityExtensions + [comment])
        try openssl.makeCertificate(
            "host", by: "middle", extensions: Sample.extensions + ["nsComment=signed document: type id vpc subnet"])
        let bundle = try openssl.bytes("root.pem") + openssl.bytes("middle.pem")
        let verifier = IdentityVerifier(fleet: try Sample.fleet, trust: try TrustBundle(pem: bundle, source: "bundle"))
        let identity = try verifier.verify(IdentityCertificate.read(openssl.path("host.pem")), at: Date())
        #expect(identity.authorities.count == 2)
        for name in FactName.allCases {
            let isMarked = rootChecks && [.instanceType, .instanceID].contains(name)
            #expect(identity.facts[name]?.provenance == (isMarked ? .signedDocument : .certificate), "\(name)")
        }
    }

    @Test("count as document-backed only under an authority that states that it checks documents")
    func comments() throws {
        let openssl = try OpenSSL()
        for (root, checks) in [("lax", false), ("careful", true)] {
            let comment = checks ? ["nsComment=checks instance identity documents"] : []
            try openssl.makeRoot(root, extensions: OpenSSL.authorityExtensions + comment)
            try openssl.makeCertificate(
                "host-\(root)", by: root,
                extensions: Sample.extensions + ["nsComment=signed document: type vpc nonsense"])
            let verifier = IdentityVerifier(
                fleet: try Sample.fleet, trust: try TrustBundle.read(openssl.path("\(root).pem")))
            let facts = try verifier.verify(
                IdentityCertificate.read(openssl.path("host-\(root).pem")), at: Date()
            ).facts
            #expect(facts[.instanceType] == Fact("c5n.large", checks ? .signedDocument : .certificate))
            // AWS's documents never contain it, whatever the comment claims.
            #expect(facts[.vpc] == Fact("vpc-0a", .certificate))
            #expect(facts[.region] == Fact("us-east-1", .certificate))
        }
    }
}
