import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

extension SeededRandom {
    fileprivate mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// What strangers, and peers gone wrong, send to a lane.
@Suite(.enabled("needs a network namespace and a TUN device (root)") { await PrivateNetwork.isAvailable() })
struct HostileDatagramTests {
    /// What a lane must make of a datagram that no peer sealed; nil: a handshake message, the control thread's business.
    private static func verdict(_ datagram: [UInt8]) -> DropReason? {
        guard let type = datagram.first else { return .datagramTruncated }
        if (1...3).contains(type) { return datagram.count <= HandshakeMessage.byteLimit ? nil : .datagramOversized }
        guard type == 4 else { return .unknownMessageType }
        if datagram.count < 16 { return .datagramTruncated }
        if datagram[1] > 3 || datagram[3] != 0 { return .unsupportedVersion }
        return datagram.count < 32 ? .datagramTruncated : .unknownSession
    }

    private static func datagrams(_ random: inout SeededRandom) -> [[UInt8]] {
        let lengths = Array(0...70) + [1472, 1500, 2000, 9001, 10240, 10241, 12000, 65000, 65507]
        return lengths.flatMap { length in
            var all = [random.bytes(length)]
            for type: UInt8 in 0...5 where length > 0 {
                all.append([type] + random.bytes(length - 1))
                // A header as it should be, for no session.
                if length > 3 { all.append([type, UInt8(length % 2), 0, 0] + random.bytes(length - 4)) }
            }
            return all
        }.shuffled(using: &random)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random, truncated and oversized datagrams are each counted under their names, and the lane goes on`(
        seed: UInt64
    ) async throws {
        var random = SeededRandom(seed: seed)
        let datagrams = Self.datagrams(&random)
        let expected = datagrams.reduce(into: [DropReason: UInt64]()) { counts, datagram in
            if let reason = Self.verdict(datagram) { counts[reason, default: 0] += 1 }
        }
        let handshakeCount = UInt64(datagrams.count { Self.verdict($0) == nil })
        let (drops, refused) = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            let stranger = try UDPSocket.bind(to: address("127.0.0.1"))
            let target = SocketAddress(scene.near.endpoint)
            for start in stride(from: 0, to: datagrams.count, by: 50) {
                let end = min(start + 50, datagrams.count)
                let count = datagrams[..<end].count { Self.verdict($0) != nil }
                try send(Array(datagrams[start..<end]), through: stranger, to: target)
                // So that the socket's buffer is no part of this.
                _ = try scene.report(withAtLeast: count, of: Array(expected.keys))
            }
            try scene.roundTrip()
            let drops = try scene.report().drops
            // The round trip's report came after all handshake messages.
            return (drops, DropReason.allCases.map { scene.near.tunnel.drops[$0] }.reduce(0, +))
        }
        let arriving: [DropReason] = [
            .datagramTruncated, .datagramOversized, .unknownMessageType, .unsupportedVersion, .unknownSession,
        ]
        for reason in arriving { #expect(drops[reason] == expected[reason] ?? 0, "\(reason.name)") }
        #expect(drops[.handshakeLimited] == 0)
        #expect(refused == handshakeCount)
    }

    @Test func `datagrams of a session that are replayed, forged or misdirected are counted and change nothing`()
        async throws
    {
        let (drops, heard) = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            let before = scene.heard.count
            func sealed(_ source: String, _ text: String) throws -> [UInt8] {
                let packet = try udpPacket(from: source, to: "10.78.0.1", Array(text.utf8))
                guard let datagram = try scene.far.seal(packet) else { throw Failure("no session") }
                return datagram
            }
            let good = try sealed("10.78.0.2", "good")
            for offset in [4, 8, 16, good.count - 1] {
                var forged = good
                forged[offset] ^= 0x40
                try scene.far.send(datagram: forged)
            }
            var otherLane = good
            otherLane[2] = 1
            try scene.far.send(datagram: otherLane)
            try scene.far.send(datagram: Array(good.dropLast()))
            let stranger = try UDPSocket.bind(to: address("127.0.0.1"))
            try send([good], through: stranger, to: SocketAddress(scene.near.endpoint))
            // None of these used up the counter of the good one.
            try scene.far.send(datagram: good)
            try scene.far.send(datagram: good)
            try scene.far.send(datagram: sealed("10.78.0.77", "another's address"))
            try scene.roundTrip()
            return (
                try scene.report().drops,
                scene.heard.dropFirst(before).map { String(decoding: $0.bytes, as: UTF8.self) }
            )
        }
        #expect(drops[.notAuthentic] == 4)
        #expect(drops[.unknownSession] == 1)
        #expect(drops[.unexpectedLane] == 1)
        #expect(drops[.unexpectedSource] == 1)
        #expect(drops[.replayed] == 1)
        #expect(drops[.addressNotOwned] == 1)
        #expect(heard.count == 2)
        #expect(heard.first == "good")
        #expect(heard.last?.hasPrefix("answer") == true)
    }

    // While strangers fill the way to the control thread, what the lane itself has to say must not get lost.
    @Test func `a flood of handshakes before a busy control thread does not keep a packet from getting its session`()
        async throws
    {
        let (limited, initiations) = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            let other = try UDPSocket.bind(to: address("127.0.0.1"))
            let otherKey = try FarEnd(bind: "127.0.0.1").tunnel.publicKey
            try scene.near.addPeer(otherKey, at: Endpoint(other.localAddress), as: PeerID(1), overlay: ["10.78.0.3/32"])
            _ = try scene.report()
            try scene.holdControl()

            let stranger = try UDPSocket.bind(to: address("127.0.0.1"))
            for part in 0..<50 {
                let flood = (0..<100).map { [1, UInt8(part), UInt8($0)] }
                try send(flood, through: stranger, to: SocketAddress(scene.near.endpoint))
                // Comes after the flood, by the same socket.
                let before = scene.heard.count
                try scene.far.send(packet: udpPacket(from: "10.78.0.2", to: "10.78.0.1", [1]))
                try scene.wait(for: "a packet after part \(part) of the flood") { scene.heard.count > before }
            }
            try scene.say([2], to: "10.78.0.3")
            // A packet later in the same queue, and one of a later turn.
            for _ in 0..<2 {
                let before = scene.farPayloads.count
                try scene.say([3])
                try scene.wait(for: "a packet after the one that asks") { scene.farPayloads.count > before }
            }

            try scene.letControlGo()
            let limited = try scene.report().drops[.handshakeLimited]
            guard try isReadable(other.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                throw Failure("no initiation came")
            }
            let arrived = try receiveAll(from: other).map(\.bytes)
            return (limited, arrived)
        }
        #expect(limited > 0)
        #expect(initiations.map(\.first) == [1])
        #expect(initiations.allSatisfy { $0.count > 100 })
    }
}
