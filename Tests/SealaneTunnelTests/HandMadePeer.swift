import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// The other end of a tunnel, built by hand from the protocol's description: of the module under test it uses only Noise,
/// which has vectors of its own. So it can say what a real end never would.
final class HandMadePeer {
    let endpoint: Endpoint
    let id: PeerID
    private let secret: PrivateKey
    private var random: SeededRandom
    private var wallSeconds: Int64 = 1_700_000_000

    /// One finished handshake.
    struct Session {
        /// As this end named it, and as the host did.
        let ownIndex: UInt32
        let hostIndex: UInt32
        let suite: CipherSuite
        let toHost: [UInt8]
        let fromHost: [UInt8]

        private func key(_ root: [UInt8], lane: UInt8) throws -> AEADKey {
            try AEADKey(
                suite, PlainBlake2b.hash(Array("sealane lane".utf8) + [lane], key: root, byteCount: 32))
        }

        /// A data datagram to the host.
        func sealed(_ packet: [UInt8], counter: UInt64, lane: UInt8 = 0, flags: UInt8 = 0) throws -> [UInt8] {
            let header = [4, flags, lane, 0] + bigEndian(hostIndex) + bigEndian(counter)
            let key = try key(toHost, lane: lane)
            return header + key.sealed(packet, header: header, nonce: Nonce(bigEndianCounter: counter))
        }

        /// What a data datagram from the host, with these flags, holds.
        func opened(
            _ datagram: [UInt8], flags: UInt8 = 0
        ) throws -> (packet: [UInt8], counter: UInt64, lane: UInt8)? {
            try #require(datagram.count >= 32)
            let header = Array(datagram[..<16])
            #expect(header[0] == 4 && header[1] == flags && header[3] == 0)
            #expect(Array(header[4..<8]) == bigEndian(ownIndex))
            let counter = header[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let key = try key(fromHost, lane: header[2])
            return key.opened(Array(datagram[16...]), header: header, nonce: Nonce(bigEndianCounter: counter))
                .map { ($0, counter, header[2]) }
        }
    }

    init(_ endpoint: Endpoint, as id: PeerID = PeerID(0), seed: UInt64 = 77) throws {
        self.endpoint = endpoint
        self.id = id
        random = SeededRandom(seed: seed)
        secret = try PrivateKey.generate(using: &random)
    }

    var publicKey: PublicKey { secret.publicKey }

    /// Makes itself known to the host, as the owner of `addresses`.
    func introduce(to host: SimulatedHost, addresses: [IPPrefix]) {
        host.tunnel.add(PeerParameters(id: id, publicKey: publicKey, presharedKey: nil, endpoint: endpoint))
        host.route(addresses, to: id)
    }

    /// An initiation with this timestamp, 12 bytes.
    func initiation(to host: SimulatedHost, timestamp: [UInt8]) throws -> [UInt8] {
        datagram(
            of: try initiation(
                to: host, timestamp: timestamp, ownIndex: 0xABCD_00FF, laneCount: 1, mtu: 1500,
                suite: .chaCha20Poly1305), to: host, ownIndex: 0xABCD_00FF)
    }

    private func initiation(
        to host: SimulatedHost, timestamp: [UInt8], ownIndex: UInt32, laneCount: UInt8, mtu: UInt32,
        suite: CipherSuite
    ) throws -> NoiseInitiator {
        let claim = encoded(endpoint) + encoded(host.endpoint)
        let payload =
            [1, 1, 0, 12] + timestamp + [2, 0, 2, 0x68, 0x69] + [3, 0, 1, laneCount] + [4, 0, 4] + bigEndian(mtu)
            + [5, 0, 1, suite.rawValue] + [9, 0, UInt8(claim.count)] + claim
        return try NoiseInitiator(
            privateKey: secret, agreement: StaticAgreement(secret, host.publicKey),
            prologue: Array("sealane/1\0test".utf8), payload: payload, using: &random)
    }

    private func datagram(
        of noise: borrowing NoiseInitiator, to host: SimulatedHost, ownIndex: UInt32
    ) -> [UInt8] {
        let datagram = [1, 0, 0, 0] + bigEndian(ownIndex) + noise.initiation
        let mac1Key = PlainBlake2b.hash(Array("sealane mac1".utf8) + host.publicKey.bytes, byteCount: 32)
        return datagram + PlainBlake2b.hash(datagram, key: mac1Key, byteCount: 16) + [UInt8](repeating: 0, count: 16)
    }

    /// Agrees on a session: this end initiates, the host answers. The host does not seal with it until it has been used.
    func handshake(
        with host: SimulatedHost, ownIndex: UInt32 = 0xABCD_0001, laneCount: UInt8 = 1, mtu: UInt32 = 1500,
        suite: CipherSuite = .chaCha20Poly1305
    ) throws -> Session {
        wallSeconds += 1
        let timestamp: [UInt8] = bigEndian(UInt64(1) << 62 + UInt64(wallSeconds)) + [0, 0, 0, 0]
        let noise = try initiation(
            to: host, timestamp: timestamp, ownIndex: ownIndex, laneCount: laneCount, mtu: mtu, suite: suite)
        let datagram = self.datagram(of: noise, to: host, ownIndex: ownIndex)
        host.advance(by: TunnelLimits.initiationInterval)
        host.receive(datagram: datagram, from: endpoint)

        let response = try #require(host.popOutbox().last).bytes
        try #require(Array(response[..<4]) == [2, 0, 0, 0])
        try #require(Array(response[8..<12]) == bigEndian(ownIndex))
        let ownMAC1Key = PlainBlake2b.hash(Array("sealane mac1".utf8) + publicKey.bytes, byteCount: 32)
        let mac1 = PlainBlake2b.hash(Array(response.dropLast(32)), key: ownMAC1Key, byteCount: 16)
        #expect(Array(response.suffix(32).prefix(16)) == mac1)
        let result = try noise.read(
            response: response[12..<response.count - 32], privateKey: secret, presharedKey: nil)
        // The host's parameters, then the suite that it chose.
        #expect(result.payload.first == 1)
        #expect(Array(result.payload.suffix(4)) == [6, 0, 1, suite.rawValue])
        return Session(
            ownIndex: ownIndex, hostIndex: response[4..<8].reduce(0) { $0 << 8 | UInt32($1) }, suite: suite,
            toHost: copy(result.keys.toResponder), fromHost: copy(result.keys.toInitiator))
    }
}

/// As in a path claim.
private func encoded(_ endpoint: Endpoint) -> [UInt8] {
    endpoint.address.bytes + bigEndian(endpoint.port)
}

func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
