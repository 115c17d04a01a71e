import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// The certificates and reasons in `Tests/Vectors/protocol.json`, which python3-cryptography made according to
/// docs/protocol.md.
private struct CredentialVectors: Decodable {
    struct Party: Decodable {
        let staticPublic: String
        let claims: String
        let credential: String
    }

    struct Certified: Decodable {
        let certificate: String
        let staticKeySignature: String
    }

    struct Certificates: Decodable {
        let root: String
        let a: Certified
        let b: Certified
    }

    struct Time: Decodable {
        let unixSeconds: TimeInterval
    }

    struct Handshake: Decodable {
        let fleet: String
        let time: Time
        let a: Party
        let b: Party
        let certificates: Certificates?
    }

    struct Reason: Decodable {
        let code: Int
        let observed: String
        let required: String
        let source: String
    }

    struct Refusal: Decodable {
        let reasons: [Reason]
        let encodedReasons: String
    }

    let handshakes: [Handshake]
    let refusal: Refusal
}

private func bytes(_ hexadecimal: String) throws -> [UInt8] {
    try #require(Hexadecimal(hexadecimal)).bytes
}

@Suite("Credentials in the vectors of docs/protocol.md")
struct CredentialVectorTests {
    private let vectors: CredentialVectors

    init() throws {
        vectors = try ProtocolPage.vectors(CredentialVectors.self)
    }

    @Test("verify and prove the facts of their URI, and the other end's credential is refused")
    func credentials() throws {
        let handshake = try #require(vectors.handshakes.first { $0.certificates != nil })
        let certificates = try #require(handshake.certificates)
        let root = try AuthorityCertificate(der: bytes(certificates.root))
        let verifier = IdentityVerifier(
            fleet: try TrustDomain(fleet: handshake.fleet), trust: try TrustBundle(pem: root.pem, source: "vectors"))
        let now = Date(timeIntervalSince1970: handshake.time.unixSeconds)
        let ends = [(handshake.a, handshake.b, certificates.a), (handshake.b, handshake.a, certificates.b)]
        for (number, (end, other, certified)) in ends.enumerated() {
            let (signature, certificate) = (try bytes(certified.staticKeySignature), try bytes(certified.certificate))
            #expect(try bytes(end.credential) == signature + certificate)
            let presented = try #require(PresentedIdentity(credential: bytes(end.credential)))
            let staticKey = try #require(PublicKey(bytes: bytes(end.staticPublic)))
            let identity = try verifier.verify(presented, staticKey: staticKey, at: now)
            #expect(identity.facts[.instanceID]?.value == "i-0123456789abcdef\(number + 1)")
            #expect(identity.facts[.instanceType]?.value == "m5n.large")
            #expect(identity.facts.addresses?.value.count == 2)

            let staticKeyOfOther = try #require(PublicKey(bytes: bytes(other.staticPublic)))
            let refusal = #expect(throws: IdentityRefusal.self) {
                _ = try verifier.verify(presented, staticKey: staticKeyOfOther, at: now)
            }
            #expect(refusal?.reasons.map(\.code) == [.identityMismatch])
        }
    }

    @Test("contain claims that decode and encode as in the file")
    func claims() throws {
        let handshake = try #require(vectors.handshakes.first)
        let claims = try Claims(decoding: bytes(handshake.a.claims))
        let expected: [FactName: String] = [
            .instanceID: "i-0123456789abcdef1", .instanceType: "m5n.large", .account: "123456789012",
            .region: "us-east-1", .zone: "us-east-1a", .vpc: "vpc-0a1b2c3d", .subnet: "subnet-4e5f6071",
        ]
        for name in FactName.allCases { #expect(claims[name] == expected[name]) }
        #expect(claims.addresses.map(\.description) == ["10.8.0.1"])
        for end in vectors.handshakes.flatMap({ [$0.a, $0.b] }) {
            let read = try Claims(decoding: bytes(end.claims))
            let facts = FactName.allCases.reduce(into: Facts()) { facts, name in
                facts[name] = read[name].map { Fact($0, .stated) }
            }
            let prefixes = read.addresses.compactMap { IPPrefix(address: $0, length: $0.bitCount) }
            var all = facts
            all.addresses = Fact(prefixes, .stated)
            #expect(try Claims(of: all).encoded == (try bytes(end.claims)))
        }
    }

    @Test("contain reasons in the encoding of the file")
    func reasons() throws {
        let codes: [Int: ReasonCode] = [3: .regionMismatch, 17: .pathTranslated]
        let reasons = try vectors.refusal.reasons.map { reason in
            Reason(
                code: try #require(codes[reason.code]), observed: reason.observed, required: reason.required,
                source: reason.source)
        }
        #expect(Reason.encode(reasons) == (try bytes(vectors.refusal.encodedReasons)))
        #expect(try Reason.decode(bytes(vectors.refusal.encodedReasons)) == reasons)
    }

    @Test("contain reasons whose numbers the page lists")
    func reasonCodes() throws {
        let page = try ProtocolPage.text()
        for code in ReasonCode.allCases {
            let number = Reason.encode([Reason(code: code, observed: "", required: "", source: "")])[2]
            #expect(page.contains("| \(number) | `\(code)` |"), "\(code)")
        }
    }
}
