import Foundation
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel
import TestSupport

/// An authority, and the ends that it vouches for.
struct CertifiedFleet {
    private static let name = "micro"
    private static let now = Date(timeIntervalSince1970: 1_700_000_000)
    private let authority: CertificateAuthority
    private let trust: TrustBundle

    init() throws {
        var random = SeededRandom(seed: 1)
        let key = try IdentityKey.generate(using: &random)
        authority = try CertificateAuthority(
            creatingRootOf: TrustDomain(fleet: Self.name), key: key, at: Self.now, using: &random)
        trust = try TrustBundle(pem: authority.certificate.pem, source: "the benchmark's bundle")
    }

    /// What an end says of itself and what proves it, as handshakes carry them.
    func identity(
        of number: UInt32, address: IPAddress, staticKey: PublicKey
    ) throws -> (claims: [UInt8], credential: [UInt8]) {
        let facts = try Self.facts(of: number, address)
        var random = SeededRandom(seed: UInt64(number))
        let key = try IdentityKey.generate(using: &random)
        let request = try SigningRequest(facts: facts, fleet: authority.fleet, key: key)
        let certificate = try authority.issue(request, at: Self.now, using: &random)
        let signature = try StaticKeySignature(of: staticKey, fleet: authority.fleet, by: key)
        return (
            try Claims(of: Facts(addresses: facts.addresses)).encoded,
            HostIdentity(certificate: certificate, staticKeySignature: signature).credential
        )
    }

    /// How this end judges the other, whose handshakes prove that it holds `staticKey`.
    func judge(of number: UInt32, address: IPAddress, other staticKey: PublicKey) throws -> PeerJudge {
        PeerJudge(
            identities: VerifiedIdentityCache(
                verifier: IdentityVerifier(fleet: authority.fleet, trust: trust), capacity: 16),
            local: LocalFacts(stated: try Self.facts(of: number, address)), staticKey: staticKey, now: Self.now)
    }

    private static func facts(of number: UInt32, _ address: IPAddress) throws -> Facts {
        Facts(
            [
                .instanceID: Fact("i-\(number)", .stated), .instanceType: Fact("c5n.large", .stated),
                .account: Fact("123456789012", .stated), .region: Fact("us-east-1", .stated),
                .zone: Fact("us-east-1a", .stated), .vpc: Fact("vpc-0a", .stated), .subnet: Fact("subnet-0a", .stated),
            ], addresses: Fact([IPPrefix(address: address, length: 32)].compactMap(\.self), .stated))
    }
}

/// One end's judgement of the other in every handshake: its certificate first, then the rules.
final class PeerJudge {
    private var identities: VerifiedIdentityCache
    private let local: LocalFacts
    private let staticKey: PublicKey
    private let now: Date
    private let policy = Policy(requiresCertificate: true)

    fileprivate init(identities: VerifiedIdentityCache, local: LocalFacts, staticKey: PublicKey, now: Date) {
        self.identities = identities
        self.local = local
        self.staticKey = staticKey
        self.now = now
    }

    /// - Parameter parameters: nil: the path alone has changed.
    func decide(_ parameters: HandshakeParameters?) -> Decision {
        guard let parameters else { return .accept }
        guard let presented = PresentedIdentity(credential: parameters.credential),
            let identity = try? identities.verify(presented, staticKey: staticKey, at: now),
            let claims = try? Claims(decoding: parameters.claims)
        else { return .refuse(reasons: []) }
        let peer = PeerFacts(stated: Facts(), certificate: .verified(identity.facts))
        let verdict = Case(local: local, peer: peer, claims: claims, policy: policy).verdict
        return verdict.isEligible ? .accept : .refuse(reasons: [])
    }

    /// The next certificate is verified again.
    func forget() { identities.verifier = identities.verifier }
}
