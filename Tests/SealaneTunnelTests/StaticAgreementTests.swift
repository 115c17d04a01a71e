import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

@Suite("The agreement of the static keys of two hosts")
struct StaticAgreementTests {
    @Test("is computed again when a host with another key takes a peer's place, and again when the first host returns")
    func replacedPeer() throws {
        let pair = try SimulatedPair()
        pair.sendFromA(1)
        pair.exchange()
        #expect(pair.b.delivered.count == 1)
        let addressesOfB = [try #require(IPPrefix("10.78.0.2/32"))]
        let other = try SimulatedHost(endpoint: pair.b.endpoint, seed: 99)
        other.addPeer(pair.a, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.1/32"))])
        pair.a.addPeer(other, as: PeerID(0), addresses: addressesOfB)
        pair.sendFromA(2)
        while case let outward = pair.a.popOutbox(), !outward.isEmpty {
            for datagram in outward { other.receive(datagram: datagram.bytes, from: pair.a.endpoint) }
            for datagram in other.popOutbox() { pair.a.receive(datagram: datagram.bytes, from: other.endpoint) }
        }
        #expect(other.delivered.map(number(of:)) == [2])

        pair.a.addPeer(pair.b, as: PeerID(0), addresses: addressesOfB)
        pair.advance(by: .seconds(1))
        pair.sendFromA(3)
        pair.exchange()
        #expect(pair.b.delivered.map(number(of:)) == [1, 3])
    }

    @Test("fails with a low-order key")
    func weakKey() throws {
        var random = SeededRandom(seed: 1)
        let key = try PrivateKey.generate(using: &random)
        // RFC 7748 section 6.1: the points of order 1, 2, 4 and 8 give zero whatever the key. 0 and 1 are two of them.
        for first in UInt8(0)...1 {
            let remote = try #require(PublicKey(bytes: [first] + [UInt8](repeating: 0, count: 31)))
            #expect(throws: NoiseError.weakKey) { _ = try StaticAgreement(key, remote) }
        }
    }
}
