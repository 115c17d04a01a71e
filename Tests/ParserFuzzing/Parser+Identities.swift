import Foundation
import SealaneAEAD
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import SealaneTunnel
import TestSupport

extension Parser {
    /// What peers send in handshakes, and the files that hosts and operators bring to an authority.
    static let ofIdentities: [Parser] = [
        Parser(
            "handshake-initiation", seeds: { try [SeededFleet().initiation] },
            parse: { _ = try InitiationPayload(decoding: $0) }),
        Parser(
            "handshake-response", seeds: { try SeededFleet().responses },
            parse: { _ = try ResponsePayload(decoding: $0) }),
        Parser(
            "claims", seeds: { try [Claims(of: SeededFleet.facts()).encoded] },
            parse: { _ = try Claims(decoding: $0) }),
        Parser(
            "refusal", seeds: { [Reason.encode(SeededFleet.reasons)] },
            parse: { _ = try Reason.decode($0) }),
        // The certificate and signature that a peer presents, verified up to the root.
        Parser("credential", seeds: { try [SeededFleet().credential] }, parse: SeededFleet.verify),
        // Only the certificate: the verifier stops early if the static key signature is wrong.
        Parser(
            "identity-certificate",
            seeds: {
                let base64 = certificateSignedByPSS.split(separator: "\n").joined()
                return try [SeededFleet().certificate.der, decodedBase64(Array(base64.utf8))]
            },
            parse: { _ = try IdentityCertificate(der: $0) }),
        Parser(
            "signing-request", seeds: { try [SeededFleet().request.der] }, wrap: { pem("CERTIFICATE REQUEST", $0) },
            parse: { _ = try SigningRequest(pem: $0, source: "input") }),
        Parser(
            "signing-request-pem", seeds: { try [SeededFleet().request.pem] },
            parse: { _ = try SigningRequest(pem: $0, source: "input") }),
        Parser(
            "trust-bundle", seeds: { try [decodedPEM(SeededFleet().authority.certificate.pem)] },
            wrap: { pem("CERTIFICATE", $0) }, parse: { _ = try TrustBundle(pem: $0, source: "input") }),
        Parser("revocation-list", seeds: { try [SeededFleet().revocations.text] }, parse: SeededFleet.readRevocations),
    ]
}

/// An authority and a host of its fleet, generated from a seed.
private struct SeededFleet {
    let authority: CertificateAuthority
    let request: SigningRequest
    let certificate: IdentityCertificate
    let credential: [UInt8]
    let revocations: RevocationList
    private let verifier: IdentityVerifier

    private static let shared = Result { try SeededFleet() }
    private static let now = Date(timeIntervalSince1970: 1_800_000_000)

    init() throws {
        var random = SeededRandom(seed: 5)
        let fleet = try TrustDomain(fleet: "prod")
        authority = try CertificateAuthority(
            creatingRootOf: fleet, key: .generate(using: &random), at: Self.now, using: &random)
        let key = try IdentityKey.generate(using: &random)
        request = try SigningRequest(facts: Self.facts(), fleet: fleet, key: key)
        certificate = try authority.issue(request, at: Self.now, using: &random)
        let signature = try StaticKeySignature(of: Self.staticKey(), fleet: fleet, by: key)
        credential = signature.bytes + certificate.der
        revocations = try authority.revocationList(
            after: nil, revoking: [certificate.serial], instances: ["i-0b"], at: Self.now)
        verifier = IdentityVerifier(
            fleet: fleet, trust: try TrustBundle(pem: authority.certificate.pem, source: "made up"))
    }

    static func facts() throws -> Facts {
        let addresses = try ["10.78.0.1/32", "fd78::1/128"].map { text in
            guard let prefix = IPPrefix(text) else { throw Failure("\(text) is not a prefix") }
            return prefix
        }
        return Facts(
            [
                .instanceID: Fact("i-0a", .stated), .instanceType: Fact("c5n.large", .stated),
                .account: Fact("123456789012", .stated), .region: Fact("us-east-1", .stated),
                .vpc: Fact("vpc-0a", .stated),
            ], addresses: Fact(addresses, .stated))
    }

    static let reasons = [
        Reason(
            code: .peerTypeUnsupported, observed: "t3.micro (family t3 does not encrypt)",
            required: "a type whose family encrypts in transit", source: "peer type stated, catalog"),
        Reason(code: .factsUnknown, observed: "peer vpc unknown", required: "the vpc of the peer", source: ""),
    ]

    private static func staticKey() throws -> PublicKey {
        guard let key = PublicKey(bytes: [UInt8](repeating: 9, count: PublicKey.byteCount)) else {
            throw Failure("32 bytes are not a public key")
        }
        return key
    }

    static func verify(_ credential: [UInt8]) throws {
        guard let presented = PresentedIdentity(credential: credential) else { throw Failure("too short") }
        _ = try shared.get().verifier.verify(presented, staticKey: staticKey(), at: now)
    }

    static func readRevocations(_ text: [UInt8]) throws {
        let verifier = try shared.get().verifier
        _ = try RevocationList(text: text, source: "input", fleet: verifier.fleet, trust: verifier.trust, at: now)
    }

    private func parameters(credential: [UInt8]) throws -> HandshakeParameters {
        HandshakeParameters(
            claims: try Claims(of: Self.facts()).encoded, credential: credential, laneCount: 2,
            interfaceMTU: 1500, suites: CipherSuite.allCases,
            path: FourTuple(
                source: Endpoint(address: IPAddress(ipv4: 0x0A4D_0001), port: 7325),
                destination: Endpoint(address: IPAddress(ipv4: 0x0A4D_0002), port: 7325)))
    }

    var initiation: [UInt8] {
        get throws {
            let timestamp = TAI64N(unixSeconds: 1_800_000_000, nanoseconds: 0)
            return try InitiationPayload(timestamp: timestamp, parameters: parameters(credential: credential)).encoded()
        }
    }

    var responses: [[UInt8]] {
        get throws {
            [
                try ResponsePayload(
                    parameters: parameters(credential: credential), outcome: .accepted(.aes256GCM)
                ).encoded(),
                try ResponsePayload(
                    parameters: parameters(credential: []), outcome: .refused(reasons: Reason.encode(Self.reasons))
                ).encoded(),
            ]
        }
    }
}
