import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// A sample fleet and one of its hosts.
enum Sample {
    static let uri =
        "spiffe://prod/account/123456789012/region/us-east-1/zone/us-east-1a/vpc/vpc-0a/subnet/subnet-0a"
        + "/type/c5n.large/instance/i-0a"
    static let addresses = ["10.78.0.1", "fd78::1"]
    /// 2026-11-21T15:00:00Z, by `date -u -d @1795273200`.
    static let now = Date(timeIntervalSince1970: 1_795_273_200)

    static var fleet: TrustDomain {
        get throws { try TrustDomain(fleet: "prod") }
    }

    static func facts(_ change: (inout Facts) -> Void = { _ in }) throws -> Facts {
        var facts = Facts(
            [
                .instanceID: Fact("i-0a", .stated), .instanceType: Fact("c5n.large", .stated),
                .account: Fact("123456789012", .stated), .region: Fact("us-east-1", .stated),
                .zone: Fact("us-east-1a", .stated), .vpc: Fact("vpc-0a", .stated), .subnet: Fact("subnet-0a", .stated),
            ], addresses: Fact(try addresses.map { try #require(IPPrefix($0)) }, .stated))
        change(&facts)
        return facts
    }

    /// As a certificate proves them.
    static func provenFacts() throws -> Facts {
        var facts = try facts()
        for name in FactName.allCases { facts[name] = facts[name].map { Fact($0.value, .certificate) } }
        facts.addresses = facts.addresses.map { Fact($0.value, .certificate) }
        return facts
    }

    static func key(_ seed: UInt64) throws -> IdentityKey {
        var random = SeededRandom(seed: seed)
        return try IdentityKey.generate(using: &random)
    }

    static func staticKey(_ byte: UInt8) throws -> PublicKey {
        try #require(PublicKey(bytes: Array(repeating: byte, count: 32)))
    }

    /// openssl's extensions for the sample host.
    static let extensions = [
        "subjectAltName=URI:\(uri),IP:10.78.0.1,IP:fd78::1", "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=clientAuth,serverAuth",
    ]
}

/// An authority of the sample fleet, its bundle, and identities it issued.
struct SampleFleet {
    let authority: CertificateAuthority
    let trust: TrustBundle
    private(set) var random: SeededRandom

    init(seed: UInt64 = 1, fleet: String = "prod", at now: Date = Sample.now) throws {
        random = SeededRandom(seed: seed)
        authority = try CertificateAuthority(
            creatingRootOf: TrustDomain(fleet: fleet), key: Sample.key(seed), at: now, using: &random)
        trust = try TrustBundle(pem: authority.certificate.pem, source: "bundle")
    }

    func verifier(_ revocations: RevocationList? = nil) throws -> IdentityVerifier {
        try IdentityVerifier(fleet: Sample.fleet, trust: trust, revocations: [revocations].compactMap(\.self))
    }

    mutating func issue(
        _ key: IdentityKey, facts: Facts? = nil, lifetime: TimeInterval = CertificateAuthority.identityLifetime,
        at now: Date = Sample.now
    ) throws -> IdentityCertificate {
        let request = try SigningRequest(
            facts: facts ?? Sample.facts(), fleet: authority.fleet, key: key)
        return try authority.issue(request, lifetime: lifetime, at: now, using: &random)
    }
}

/// The identity that a host with this key, certificate and static key presents.
func presented(
    _ certificate: IdentityCertificate, _ key: IdentityKey, _ staticKey: PublicKey
) throws -> PresentedIdentity {
    PresentedIdentity(
        certificate: certificate.der,
        staticKeySignature: try StaticKeySignature(of: staticKey, fleet: Sample.fleet, by: key).bytes)
}

/// The reasons why `body` refuses an identity; empty if it accepts it.
func reasons<Value>(_ body: () throws -> Value) throws -> [Reason] {
    do {
        _ = try body()
        return []
    } catch let refusal as IdentityRefusal {
        return refusal.reasons
    }
}

/// The description of the error that `body` throws; nil if it succeeds.
func problem<Value>(_ body: () throws -> Value) -> String? {
    do {
        _ = try body()
        return nil
    } catch {
        return "\(error)"
    }
}
