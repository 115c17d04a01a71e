import Foundation
import SealaneEligibility
import SealaneIdentity
import Testing

@Suite("The cache of verified identities")
struct VerifiedIdentityCacheTests {
    private var fleet: SampleFleet
    private let key: IdentityKey

    init() throws {
        fleet = try SampleFleet()
        key = try Sample.key(2)
    }

    private func codes(
        _ cache: inout VerifiedIdentityCache, _ presented: PresentedIdentity, staticKey: UInt8 = 1,
        at now: Date = Sample.now
    ) throws -> [ReasonCode] {
        try reasons { try cache.verify(presented, staticKey: Sample.staticKey(staticKey), at: now) }.map(\.code)
    }

    @Test("a result is cached and equals the verifier's")
    mutating func remembers() throws {
        let certificate = try fleet.issue(key)
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 4)
        let presented = try presented(certificate, key, Sample.staticKey(1))
        for _ in 0..<3 {
            let identity = try cache.verify(presented, staticKey: Sample.staticKey(1), at: Sample.now)
            #expect(identity == (try fleet.verifier().verify(certificate, at: Sample.now)))
        }
        #expect(cache.count == 1)
    }

    @Test("a cached result does not pass outside the validity of its certificates")
    mutating func expires() throws {
        let certificate = try fleet.issue(key, lifetime: 3600)
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 4)
        let presented = try presented(certificate, key, Sample.staticKey(1))
        #expect(try codes(&cache, presented).isEmpty)
        #expect(try codes(&cache, presented, at: Sample.now.addingTimeInterval(3600.5)).isEmpty)
        #expect(try codes(&cache, presented, at: Sample.now.addingTimeInterval(3601)) == [.certificateExpired])
        #expect(try codes(&cache, presented, at: Sample.now.addingTimeInterval(-61)).first == .certificateNotYetValid)
        #expect(try codes(&cache, presented).isEmpty)
    }

    @Test("a cached result does not apply to another static key, signature or certificate")
    mutating func otherParts() throws {
        let certificate = try fleet.issue(key)
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 4)
        let right = try presented(certificate, key, Sample.staticKey(1))
        #expect(try codes(&cache, right).isEmpty)
        #expect(try codes(&cache, right, staticKey: 2) == [.identityMismatch])
        var signature = right.staticKeySignature
        signature[0] ^= 1
        let forged = PresentedIdentity(certificate: certificate.der, staticKeySignature: signature)
        #expect(try codes(&cache, forged) == [.identityMismatch])
        // One byte moved from the signature to the certificate: the same bytes when concatenated.
        let moved = PresentedIdentity(
            certificate: right.staticKeySignature.suffix(1) + certificate.der,
            staticKeySignature: right.staticKeySignature.dropLast())
        #expect(try codes(&cache, moved) == [.certificateUntrusted])
        #expect(cache.count == 1)
    }

    @Test("a new revocation list or trust bundle clears the cache")
    mutating func forgets() throws {
        let certificate = try fleet.issue(key)
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 4)
        let presented = try presented(certificate, key, Sample.staticKey(1))
        #expect(try codes(&cache, presented).isEmpty)
        cache.verifier = try fleet.verifier(
            fleet.authority.revocationList(after: nil, instances: ["i-0a"], at: Sample.now))
        #expect(cache.count == 0)
        #expect(try codes(&cache, presented) == [.certificateRevoked])
        cache.verifier = try fleet.verifier()
        #expect(try codes(&cache, presented).isEmpty)
        cache.verifier = try SampleFleet(seed: 9).verifier()
        #expect(try codes(&cache, presented) == [.certificateUntrusted])
    }

    @Test("the cache keeps the newest results up to its capacity")
    mutating func bounded() throws {
        let certificate = try fleet.issue(key)
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 3)
        for staticKey in 1...10 as ClosedRange<UInt8> {
            let presented = try presented(certificate, key, Sample.staticKey(staticKey))
            #expect(try codes(&cache, presented, staticKey: staticKey).isEmpty)
            #expect(cache.count == min(3, Int(staticKey)))
        }
        // Evicted results are still verified correctly.
        let first = try presented(certificate, key, Sample.staticKey(1))
        #expect(try codes(&cache, first).isEmpty)
        #expect(cache.count == 3)
    }

    @Test("refusals are not cached")
    mutating func refusals() throws {
        var cache = VerifiedIdentityCache(verifier: try fleet.verifier(), capacity: 3)
        let garbage = PresentedIdentity(certificate: [1, 2, 3], staticKeySignature: [])
        for _ in 0..<5 { #expect(try codes(&cache, garbage) == [.certificateUntrusted]) }
        #expect(cache.count == 0)
    }
}
