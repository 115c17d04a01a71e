import SealaneAEAD
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// A numbered IPv4 packet whose content follows from its number, so that an altered one shows.
func numberedPacket(_ number: UInt32, from source: IPAddress, to destination: IPAddress) -> [UInt8] {
    let payload = (0..<UInt32(8 + number % 200)).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) }
    let total = UInt16(24 + payload.count)
    var packet: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 0xFF), 0, 0, 0x40, 0, 64, 253, 0, 0]
    packet += source.bytes + destination.bytes
    packet += (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    return packet + payload
}

func number(of packet: [UInt8]) -> UInt32 {
    packet[20..<24].reduce(0) { $0 << 8 | UInt32($1) }
}

/// Two hosts with one peer each, and a link between them that follows orders.
final class SimulatedPair {
    let a: SimulatedHost
    let b: SimulatedHost
    let addressOfA: IPAddress
    let addressOfB: IPAddress
    /// What an eavesdropper saw.
    var seen: [(bytes: [UInt8], from: Endpoint)] = []

    init(
        seed: UInt64 = 1, suitesOfB: [CipherSuite] = CipherSuite.available, rekeyAfter: Duration = .seconds(120),
        presharedKeyOfA: PresharedKey? = nil, presharedKeyOfB: PresharedKey? = nil, interfaceMTU: Int = 1500,
        mtuOfB: Int? = nil,
        blockLimits: BlockLimits = BlockLimits()
    ) throws {
        a = try SimulatedHost(
            endpoint: try #require(Endpoint("10.77.0.1:7325")), seed: seed &* 2 &+ 1, rekeyAfter: rekeyAfter,
            interfaceMTU: interfaceMTU, blockLimits: blockLimits)
        b = try SimulatedHost(
            endpoint: try #require(Endpoint("10.77.0.2:7325")), seed: seed &* 2 &+ 2, suites: suitesOfB,
            rekeyAfter: rekeyAfter, interfaceMTU: mtuOfB ?? interfaceMTU, blockLimits: blockLimits)
        addressOfA = try #require(IPAddress("10.78.0.1"))
        addressOfB = try #require(IPAddress("10.78.0.2"))
        a.addPeer(b, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.2/32"))], presharedKey: presharedKeyOfA)
        b.addPeer(a, as: PeerID(0), addresses: [try #require(IPPrefix("10.78.0.1/32"))], presharedKey: presharedKeyOfB)
    }

    /// `host`, an end of this pair without a preshared key, starts again: the same key on disk, no session, and the greatest
    /// timestamp of the other end forgotten.
    func restart(_ host: SimulatedHost) throws {
        let (other, address) = host === a ? (b, addressOfB) : (a, addressOfA)
        host.tunnel.remove(PeerID(0))
        host.tunnel.restore([:])
        host.addPeer(
            other, as: PeerID(0), addresses: [try #require(IPPrefix(address: address, length: address.bitCount))])
    }

    func sendFromA(_ number: UInt32) {
        a.send(packet: numberedPacket(number, from: addressOfA, to: addressOfB))
    }

    func sendFromB(_ number: UInt32) {
        b.send(packet: numberedPacket(number, from: addressOfB, to: addressOfA))
    }

    /// Carries everything over until nobody has anything to say. Bounded: a ping-pong shows as a failure.
    func exchange(dropping isLost: ([UInt8]) -> Bool = { _ in false }) {
        for _ in 0..<100 {
            let fromA = a.popOutbox()
            let fromB = b.popOutbox()
            if fromA.isEmpty, fromB.isEmpty { return }
            for datagram in fromA {
                seen.append((datagram.bytes, a.endpoint))
                if !isLost(datagram.bytes) { b.receive(datagram: datagram.bytes, from: a.endpoint) }
            }
            for datagram in fromB {
                seen.append((datagram.bytes, b.endpoint))
                if !isLost(datagram.bytes) { a.receive(datagram: datagram.bytes, from: b.endpoint) }
            }
        }
        Issue.record("the two ends do not come to rest")
    }

    func advance(by duration: Duration) {
        a.advance(by: duration)
        b.advance(by: duration)
    }

    func tick() {
        a.tick()
        b.tick()
    }

    /// Lets time pass in steps, as an agent sees it.
    func live(for duration: Duration, step: Duration = .milliseconds(500), each: (Int) -> Void = { _ in }) {
        var passed = Duration.zero
        var turn = 0
        while passed < duration {
            advance(by: step)
            passed += step
            each(turn)
            turn += 1
            tick()
            exchange()
        }
    }
}

@Suite struct SimulatedLinkTests {
    /// A link that loses, delays, doubles and corrupts one datagram in ten each.
    private func run(seed: UInt64) throws {
        let pair = try SimulatedPair(seed: seed, rekeyAfter: .seconds(3))
        let foreign = try #require(IPAddress("10.78.0.77"))
        var random = SeededRandom(seed: seed ^ 0xC0FFEE)
        var underWay: [(bytes: [UInt8], from: Endpoint, toB: Bool, turns: Int)] = []
        var sent: UInt32 = 0
        for _ in 0..<24 {
            pair.advance(by: .milliseconds(Int.random(in: 1...900, using: &random)))
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                sent += 1
                if random.chance(5) {
                    pair.a.send(packet: numberedPacket(sent, from: foreign, to: pair.addressOfB))
                } else if Bool.random(using: &random) {
                    pair.sendFromA(sent)
                } else {
                    pair.sendFromB(sent)
                }
            }
            pair.tick()
            let leaving =
                pair.a.popOutbox().map { ($0.bytes, pair.a.endpoint, true) }
                + pair.b.popOutbox().map { ($0.bytes, pair.b.endpoint, false) }
            for (bytes, from, toB) in leaving {
                if random.chance(10) { continue }
                var arriving = bytes
                if random.chance(10) {
                    let at = Int.random(in: arriving.indices, using: &random)
                    arriving[at] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
                }
                let source =
                    random.chance(3)
                    ? Endpoint(address: from.address, port: from.port &+ UInt16(Int.random(in: 1...9, using: &random)))
                    : from
                let copies = random.chance(10) ? 2 : 1
                for _ in 0..<copies {
                    let delay = random.chance(10) ? Int.random(in: 1...4, using: &random) : 0
                    underWay.append((arriving, source, toB, delay))
                }
            }
            var later: [(bytes: [UInt8], from: Endpoint, toB: Bool, turns: Int)] = []
            for datagram in underWay {
                if datagram.turns > 0 {
                    later.append((datagram.bytes, datagram.from, datagram.toB, datagram.turns - 1))
                } else if datagram.toB {
                    pair.b.receive(datagram: datagram.bytes, from: datagram.from)
                } else {
                    pair.a.receive(datagram: datagram.bytes, from: datagram.from)
                }
            }
            underWay = later
        }
        try check(pair.a.delivered, from: pair.addressOfB, to: pair.addressOfA, seed)
        try check(pair.b.delivered, from: pair.addressOfA, to: pair.addressOfB, seed)

        // The weather clears: whatever state the two are in, a packet gets through.
        for host in [pair.a, pair.b] { _ = host.popOutbox() }
        let last = UInt32(1_000_000)
        var isThrough: Bool { pair.b.delivered.last.map { number(of: $0) == last } ?? false }
        for _ in 0..<50 where !isThrough {
            pair.live(for: .milliseconds(500)) { _ in pair.sendFromA(last) }
        }
        #expect(isThrough, "seed \(seed): no way back to a session within 25 s")
    }

    private func check(_ delivered: [[UInt8]], from source: IPAddress, to destination: IPAddress, _ seed: UInt64) throws
    {
        var numbers: Set<UInt32> = []
        for packet in delivered {
            try #require(packet.count >= 24, "seed \(seed)")
            let number = number(of: packet)
            #expect(packet == numberedPacket(number, from: source, to: destination), "seed \(seed): altered")
            #expect(numbers.insert(number).inserted, "seed \(seed): packet \(number) delivered twice")
        }
    }

    @Test(
        "10,000 runs over a link that loses, reorders, doubles and corrupts: nothing altered, nothing twice",
        .serialized, arguments: 0..<20)
    func weather(part: Int) async throws {
        for seed in 0..<500 {
            try run(seed: UInt64(part * 500 + seed))
            // Tests that wait for somebody else's answer share these threads.
            await Task.yield()
        }
    }
}
