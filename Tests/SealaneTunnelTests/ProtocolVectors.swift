import Foundation
import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// `Tests/Vectors/protocol.json`, as far as the code shows what stands in it. `Tests/Vectors/check.py`, which knows docs/protocol.md
/// alone, computes all of it, chaining keys and hashes included.
struct ProtocolVectors: Decodable {
    struct Party: Decodable {
        let staticPrivate: Hexadecimal
        let staticPublic: Hexadecimal
        let ephemeralPrivate: Hexadecimal
        let sessionIndex: Hexadecimal
        let endpoint: String
        let laneCount: UInt8
        let interfaceMtu: Int
        let suites: [UInt8]
        let claims: Hexadecimal
        let credential: Hexadecimal
    }

    struct Time: Decodable {
        let unixSeconds: Int64
        let nanoseconds: UInt32

        var wall: TAI64N { TAI64N(unixSeconds: unixSeconds, nanoseconds: nanoseconds) }
    }

    struct Initiation: Decodable {
        let timestamp: Hexadecimal
        let payload: Hexadecimal
        let responseKey: Hexadecimal
        let datagram: Hexadecimal
    }

    struct Response: Decodable {
        let payload: Hexadecimal
        let datagram: Hexadecimal
    }

    struct Session: Decodable {
        let suite: UInt8
        let handshakeHash: Hexadecimal
        let toResponder: Hexadecimal
        let toInitiator: Hexadecimal
    }

    struct Datagram: Decodable {
        let name: String
        let from: String
        let source: String
        let destination: String
        let flags: UInt8
        let lane: UInt8
        let counter: UInt64
        let key: Hexadecimal
        let plaintext: Hexadecimal
        let datagram: Hexadecimal
    }

    struct Handshake: Decodable {
        let name: String
        let fleet: String
        let prologue: Hexadecimal
        let time: Time
        let presharedKey: Hexadecimal?
        let a: Party
        let b: Party
        let initiation: Initiation
        let response: Response
        let session: Session
        let datagrams: [Datagram]

        func datagram(_ name: String) throws -> Datagram {
            try #require(datagrams.first { $0.name == name }, "no datagram is called \(name)")
        }
    }

    struct Refusal: Decodable {
        let initiation: Hexadecimal
        let encodedReasons: Hexadecimal
        let response: Response
        let ownSessionIndex: Hexadecimal
        let ownEphemeralPrivate: Hexadecimal
        let ownInitiation: Initiation
    }

    struct Cookie: Decodable {
        let secret: Hexadecimal
        let source: String
        let nonce: Hexadecimal
        let cookie: Hexadecimal
        let reply: Hexadecimal
        let initiationWithCookie: Hexadecimal
    }

    struct Prompt: Decodable {
        let mac1: Hexadecimal
        let seen: Hexadecimal
        let payload: Hexadecimal
    }

    let handshakes: [Handshake]
    let refusal: Refusal
    let cookie: Cookie
    let prompt: Prompt
}

extension ProtocolVectors.Party {
    func parameters(to destination: String, showsCredential: Bool = true) throws -> HandshakeParameters {
        HandshakeParameters(
            claims: claims.bytes, credential: showsCredential ? credential.bytes : [], laneCount: laneCount,
            interfaceMTU: UInt32(interfaceMtu), suites: suites.compactMap { CipherSuite(rawValue: $0) },
            path: FourTuple(
                source: try #require(Endpoint(endpoint)), destination: try #require(Endpoint(destination)))
        )
    }

    /// A whole end whose tunnel draws a session index and an ephemeral key from the vector, and then `others`.
    func host(in handshake: ProtocolVectors.Handshake, drawing others: [[UInt8]] = []) throws -> LanedHost {
        let host = try LanedHost(try #require(Endpoint(endpoint)), seed: 1, laneCount: laneCount)
        host.now.wall = handshake.time.wall
        host.tunnel = Tunnel(
            settings: Tunnel.Settings(
                fleet: handshake.fleet, suites: suites.compactMap { CipherSuite(rawValue: $0) }, listen: host.endpoint,
                laneCount: laneCount, interfaceMTU: interfaceMtu, claims: claims.bytes, credential: credential.bytes),
            privateKey: try privateKey(staticPrivate.bytes),
            random: Draws(others.isEmpty ? [sessionIndex.bytes, ephemeralPrivate.bytes] : others))
        return host
    }
}

/// Hands out words that were written down beforehand: session indices, of 4 bytes, most significant first as they travel, and
/// keys, whose words come least significant byte first. After those, one word again and again: enough for the jitter of timers.
struct Draws: RandomNumberGenerator, Sendable {
    private var words: [UInt64]

    init(_ drawn: [[UInt8]]) {
        words = drawn.flatMap { bytes in
            bytes.count == 4
                ? [bytes.reduce(0) { $0 << 8 | UInt64($1) }]
                : stride(from: 0, to: bytes.count, by: 8).map { start in
                    bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                }
        }
    }

    mutating func next() -> UInt64 { words.isEmpty ? 1 << 63 | 1 : words.removeFirst() }
}
