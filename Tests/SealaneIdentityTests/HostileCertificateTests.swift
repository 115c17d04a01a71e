import SealaneIdentity
import TestSupport
import Testing

/// What a peer sends may be anything. Damaged copies of what is in order reach deeper than noise does.
@Suite("Hostile certificates, requests and bundles")
struct HostileCertificateTests {
    /// Tags and lengths that mean something.
    private static let telling: [UInt8] = [
        0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0xa0, 0xa3, 0xff,
    ]

    private static func mutation(of bytes: [UInt8], using random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes[place] = telling.randomElement(using: &random) ?? 0
            case 3: bytes.remove(at: place)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 5: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...40, using: &random)))
            default:
                let from = Int.random(in: bytes.indices, using: &random)
                bytes.insert(contentsOf: bytes[from..<min(bytes.count, from + 30)], at: place)
            }
        }
        return bytes
    }

    @Test("no damaged certificate ends the process or passes, and each is told off within its time")
    func certificates() throws {
        var fleet = try SampleFleet()
        let key = try Sample.key(2)
        let staticKey = try Sample.staticKey(1)
        let right = try presented(fleet.issue(key), key, staticKey)
        let verifier = try fleet.verifier()
        _ = try verifier.verify(right, staticKey: staticKey, at: Sample.now)
        var random = SeededRandom(seed: 0xDE4)
        var durations: [Duration] = []
        let clock = ContinuousClock()
        for _ in 0..<20_000 {
            let mutated = Self.mutation(of: right.certificate, using: &random)
            guard mutated != right.certificate else { continue }
            let hostile = PresentedIdentity(certificate: mutated, staticKeySignature: right.staticKeySignature)
            var passed = false
            durations.append(
                clock.measure {
                    passed = (try? verifier.verify(hostile, staticKey: staticKey, at: Sample.now)) != nil
                })
            #expect(!passed, "\(mutated)")
        }
        durations.sort()
        let late = durations[durations.count * 99 / 100]
        // A debug build on a busy machine; the limit of the release build is a millisecond.
        #expect(late < .milliseconds(20), "99 of 100 within \(late)")
    }

    @Test("every single flipped bit of a certificate is noticed")
    func everyBit() throws {
        var fleet = try SampleFleet()
        let certificate = try fleet.issue(Sample.key(2))
        let verifier = try fleet.verifier()
        for index in certificate.der.indices {
            for bit in 0..<8 as Range<UInt8> {
                var der = certificate.der
                der[index] ^= 1 << bit
                let passed = (try? verifier.verify(IdentityCertificate(der: der), at: Sample.now)) != nil
                #expect(!passed, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test("noise is no certificate, and structure without end is none either")
    func noise() {
        var random = SeededRandom(seed: 0xDE5)
        for _ in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...1000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            #expect(throws: IdentityProblem.self) { try IdentityCertificate(der: bytes) }
        }
        // Sequences inside sequences, as deep as the size allows; definite lengths, and none.
        var nested: [UInt8] = []
        while nested.count < 990 {
            nested = [0x30, 0x82, UInt8(nested.count >> 8), UInt8(nested.count & 0xff)] + nested
        }
        #expect(throws: IdentityProblem.self) { try IdentityCertificate(der: nested) }
        #expect(throws: IdentityProblem.self) { try IdentityCertificate(der: Array(repeating: 0x30, count: 1000)) }
        let endless = (0..<500).flatMap { _ in [0x30, 0x80] as [UInt8] }
        #expect(throws: IdentityProblem.self) { try IdentityCertificate(der: endless) }
    }

    @Test("no damaged request or bundle ends the process; a damaged request is never one")
    func filesOfOthers() throws {
        let fleet = try SampleFleet()
        let request = try SigningRequest(facts: Sample.facts(), fleet: Sample.fleet, key: Sample.key(1))
        var random = SeededRandom(seed: 0xDE6)
        for _ in 0..<5_000 {
            let pem = Self.mutation(of: request.pem, using: &random)
            if let read = try? SigningRequest(pem: pem, source: "host.csr") { #expect(read == request) }
            let bundle = Self.mutation(of: fleet.authority.certificate.pem, using: &random)
            if let read = try? TrustBundle(pem: bundle, source: "bundle") { #expect(read == fleet.trust) }
        }
    }
}
