import Glibc
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// The same traffic with all offloads and with none: what arrives is the same.
@Suite(.enabled("needs a network namespace and a TUN device (root)") { await PrivateNetwork.isAvailable() })
struct OffloadTrafficTests {
    enum Offloading: CaseIterable, Sendable {
        case all, none

        var plan: OffloadPlan { self == .all ? .all : .none }
    }

    private static func bytes(_ count: Int, _ seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8 &+ seed) }
    }

    private static func parts(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    @Test(arguments: Offloading.allCases, ["10.78.0.2", "fd78::2"])
    func `a UDP run of an application arrives as the packets it stands for`(
        offloading: Offloading, destination: String
    ) async throws {
        let shapes = [(20 * 1000 + 1, 1000), (45 * 1372, 1372), (63, 1), (40 * 99, 99), (2000, 1372), (700, 700)]
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            let before = try scene.counters()
            let start = scene.far.delivered.count
            var expected: [[UInt8]] = []
            for (seed, (byteCount, size)) in shapes.enumerated() {
                let bytes = Self.bytes(byteCount, seed)
                expected += Self.parts(bytes, size)
                try scene.say(run: bytes, in: size, to: destination)
                try scene.wait(for: "a run in \(size)") { scene.far.delivered.count >= start + expected.count }
            }
            let after = try scene.counters()
            let packets = scene.far.delivered[start...]
            let partial = scene.far.arePartial[start...]
            return (
                isSame: packets.map(udpPayload(of:)) == expected, count: packets.count,
                areRight: zip(packets, partial).allSatisfy { areChecksumsRight($0, isPartial: $1) },
                partialCount: partial.count { $0 }, granted: scene.near.granted,
                superPackets: after.superPacketsRead - before.superPacketsRead,
                datagrams: after.datagramsSent - before.datagramsSent,
                messages: after.messagesSent - before.messagesSent
            )
        }
        #expect(result.isSame)
        #expect(result.areRight)
        #expect(result.datagrams == UInt64(result.count))
        #expect(result.superPackets == (result.granted.contains(.uso) ? 5 : 0))
        #expect(result.partialCount == (result.granted.contains(.checksum) ? result.count : 0))
        if offloading == .all {
            #expect(result.messages < result.datagrams / 2)
        } else {
            #expect(result.messages == result.datagrams)
        }
    }

    @Test(arguments: ["10.78.0.2", "fd78::2"])
    func `a super-packet for a peer that this end refuses is answered once`(destination: String) async throws {
        let (drops, superPacketsDropped) = try await PrivateNetwork.run {
            let scene = try Scene(offloads: .all)
            scene.near.tunnel.setAllowed(false, PeerID(0))
            scene.near.performOutputs()
            // The lane has applied the command once it reports: packets before that would wait.
            _ = try scene.report()
            try scene.say(run: Self.bytes(20 * 1000), in: 1000, to: destination)
            // The lane takes packets in order: this one's answer comes after all of the run.
            _ = try scene.errorAfterSaying([1, 2, 3], to: destination)
            return (try scene.report().drops[.peerRefused], scene.near.granted.contains(.uso))
        }
        #expect(drops == (superPacketsDropped ? 2 : 21))
    }

    @Test(arguments: Offloading.allCases, [false, true])
    func `a TCP stream of the kernel arrives as consecutive segments`(
        offloading: Offloading, isIPv6: Bool
    ) async throws {
        let bytes = Self.bytes(1 << 20)
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            let stream = try FarStream(scene, isIPv6: isIPv6)
            try stream.carry(bytes)
            return (
                isSame: stream.received == bytes, faults: stream.faults, segments: stream.segmentCount,
                partial: stream.partialCount, superPackets: try scene.counters().superPacketsRead
            )
        }
        #expect(result.isSame)
        #expect(result.faults == [])
        #expect(result.partial == (offloading == .all ? result.segments : 0))
        if offloading == .all {
            #expect(result.superPackets > 0 && result.superPackets < UInt64(result.segments) / 2)
        } else {
            #expect(result.superPackets == 0)
        }
    }

    @Test(arguments: Offloading.allCases, [false, true])
    func `packets that come in runs reach the application each and in order, checksums partial or whole`(
        offloading: Offloading, isChecksumPartial: Bool
    ) async throws {
        let payload = Self.bytes(20 * 500 + 77)
        let parts = Self.parts(payload, 500)
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            let start = scene.heard.count
            let before = try scene.counters()
            for (near, far) in [("10.78.0.1", "10.78.0.2"), ("fd78::1", "fd78::2")] {
                let packets = try parts.map {
                    try udpPacket(from: far, to: near, $0, isChecksumPartial: isChecksumPartial)
                }
                try scene.far.send(run: packets, isChecksumPartial: isChecksumPartial)
            }
            try scene.wait(for: "both runs") { scene.heard.count >= start + 2 * parts.count }
            let after = try scene.counters()
            return (
                heard: scene.heard[start...].map(\.bytes),
                datagrams: after.datagramsReceived - before.datagramsReceived,
                messages: after.messagesReceived - before.messagesReceived,
                packets: after.packetsWritten - before.packetsWritten, writes: after.writes - before.writes,
                drops: try scene.report().drops
            )
        }
        #expect(result.heard.count == 2 * parts.count)
        // The two families may change places only as wholes.
        #expect(result.heard == parts + parts)
        #expect(result.packets == UInt64(2 * parts.count))
        #expect(result.drops[.interfaceFull] == 0)
        if offloading == .all {
            #expect(result.datagrams - result.messages >= 40)
            #expect(result.writes <= 4)
        } else {
            #expect(result.datagrams == result.messages)
            #expect(result.writes == result.packets)
        }
    }

    @Test(arguments: Offloading.allCases, [0, 1, 2, 1001])
    func `a lone packet with a partial checksum is completed for the kernel`(
        offloading: Offloading, byteCount: Int
    ) async throws {
        let payload = Self.bytes(byteCount)
        let heard = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            let start = scene.heard.count
            for (near, far) in [("10.78.0.1", "10.78.0.2"), ("fd78::1", "fd78::2")] {
                let packet = try udpPacket(from: far, to: near, payload, isChecksumPartial: true)
                let count = scene.heard.count
                try scene.far.send(run: [packet], isChecksumPartial: true)
                try scene.wait(for: "the packet to \(near)") { scene.heard.count > count }
            }
            return scene.heard[start...].map(\.bytes)
        }
        #expect(heard == [payload, payload])
    }

    @Test func `without its flag, a packet with a partial checksum is a broken packet`() async throws {
        let heard = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            let start = scene.heard.count
            try scene.far.send(run: [udpPacket(from: "10.78.0.2", to: "10.78.0.1", [1, 2, 3], isChecksumPartial: true)])
            try scene.far.send(run: [udpPacket(from: "10.78.0.2", to: "10.78.0.1", [4])])
            try scene.wait(for: "the packet after it") { scene.heard.count > start }
            return scene.heard[start...].map(\.bytes)
        }
        #expect(heard == [[4]])
    }

    @Test func `when the kernel refuses runs in spite of the self-test, all datagrams go alone, and the reason shows`()
        async throws
    {
        let payload = Self.bytes(30 * 1000)
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: .all, takesRuns: false)
            try scene.roundTrip()
            let start = scene.farPayloads.count
            // The first loses the runs, the second finds none.
            for _ in 0..<2 { try scene.say(run: payload, in: 1000) }
            try scene.wait(for: "all datagrams") { scene.farPayloads.count >= start + 60 }
            let before = try scene.counters()
            try scene.say(run: payload, in: 1000)
            try scene.wait(for: "more datagrams") { scene.farPayloads.count >= start + 90 }
            let after = try scene.counters()
            return (
                payloads: Array(scene.farPayloads[start...]), losses: scene.near.dataplane.readings.map(\.losses),
                drops: try scene.report().drops[.sendFailed],
                datagrams: after.datagramsSent - before.datagramsSent,
                messages: after.messagesSent - before.messagesSent
            )
        }
        let parts = Self.parts(payload, 1000)
        #expect(result.payloads == parts + parts + parts)
        #expect(result.losses.map { $0.map(\.offload) } == [[.gso]])
        #expect(result.losses.first?.first?.error.errno == EINVAL)
        #expect(result.drops == 0)
        #expect(result.datagrams == 30)
        #expect(result.messages == 30)
    }

    // How long it takes does not count: every round is a few packets, and nothing that grows is looked through.
    @Test func `runs are tried again after a while, and the loss is forgotten once they are taken`() async throws {
        let payload = Self.bytes(3 * 1000)
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: .all, takesRuns: false)
            try scene.roundTrip()
            func sayRun() throws {
                let before = scene.far.delivered.count
                try scene.say(run: payload, in: 1000)
                try scene.wait(for: "three datagrams") { scene.far.delivered.count >= before + 3 }
            }
            func losses() -> [Offload] { scene.near.dataplane.readings.flatMap(\.losses).map(\.offload) }
            func messagesOfRun() throws -> UInt64 {
                let before = try scene.counters()
                try sayRun()
                return try scene.counters().messagesSent - before.messagesSent
            }
            try sayRun()
            let lost = losses()
            try scene.near.takeRuns()
            let messagesBefore = try messagesOfRun()
            let deadline = MonotonicClock.now() + patienceNanoseconds
            var rounds = 0
            while !losses().isEmpty {
                guard MonotonicClock.now() < deadline else { throw Failure("runs are not tried again") }
                // A round each twentieth of a second, unless the data plane fails.
                _ = try isReadable(scene.near.failures.fileDescriptor, withinNanoseconds: 50_000_000)
                try sayRun()
                rounds += 1
            }
            let isSame = scene.farPayloads.suffix(3 * rounds).elementsEqual(
                (0..<rounds).flatMap { _ in Self.parts(payload, 1000) })
            return (
                lost: lost, messagesBefore: messagesBefore, messagesAfter: try messagesOfRun(), isSame: isSame,
                granted: scene.near.granted, drops: try scene.report().drops[.sendFailed]
            )
        }
        #expect(result.lost == [.gso])
        // Runs would be taken now, but it is too early to try them.
        #expect(result.messagesBefore == 3)
        if result.granted.contains(.uso) { #expect(result.messagesAfter == 1) }
        #expect(result.isSame)
        #expect(result.drops == 0)
    }

    // MARK: Congestion marks

    @Test(arguments: Offloading.allCases)
    func `a congestion mark on the way reaches the application, or drops what would not understand it`(
        offloading: Offloading
    ) async throws {
        let result = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            let start = scene.heard.count
            var sent = 0
            for (near, far) in [("10.78.0.1", "10.78.0.2"), ("fd78::1", "fd78::2")] {
                for inner: UInt8 in [0, 1, 2, 3, 0xB8, 0xBA] {
                    for outer: UInt8 in [0, 3] {
                        let packets = try (0..<3).map {
                            try udpPacket(from: far, to: near, [inner, outer, $0], trafficClass: inner)
                        }
                        try scene.far.send(run: packets, trafficClass: outer)
                        if inner & 3 != 0 || outer != 3 { sent += packets.count }
                    }
                }
            }
            // Not before: packets of different marks are to meet in one turn.
            try scene.wait(for: "all that is not dropped") { scene.heard.count >= start + sent }
            return (heard: Array(scene.heard[start...]), drops: try scene.report().drops[.congestionExperienced])
        }
        #expect(result.drops == 2 * 2 * 3)
        for arrival in result.heard {
            let (inner, outer) = (arrival.bytes[0], arrival.bytes[1])
            #expect(!(inner & 3 == 0 && outer == 3))
            #expect(arrival.trafficClass == (outer == 3 ? inner | 3 : inner), "\(inner) in \(outer)")
        }
    }

    @Test(arguments: Offloading.allCases, Scene.Underlay.allCases)
    func `the inner ECN is on the outer header, of a packet alone and of a run, and nothing else of the class is`(
        offloading: Offloading, underlay: Scene.Underlay
    ) async throws {
        let classes: [UInt8] = [0, 1, 2, 3, 0xB8, 0xB9, 0xBA]
        let result = try await PrivateNetwork.run {
            let scene = try Scene(underlay: underlay, offloads: offloading.plan)
            try scene.roundTrip()
            let start = scene.far.delivered.count
            var expected = 0
            for destination in ["10.78.0.2", "fd78::2"] {
                for trafficClass in classes {
                    for count in [1, 3] {
                        let bytes = [UInt8](repeating: trafficClass, count: count * 100)
                        try scene.say(run: bytes, in: 100, to: destination, trafficClass: trafficClass)
                        expected += count
                    }
                }
            }
            // Not before: packets of different classes are to meet in one turn.
            try scene.wait(for: "all packets") { scene.far.delivered.count >= start + expected }
            return (scene.far.delivered[start...].map { $0 }, scene.far.outerClasses[start...].map { $0 })
        }
        for (packet, outer) in zip(result.0, result.1) {
            let said = try #require(packet.last)
            let inner = try packet.withUnsafeBytes { try #require(IPPacket($0)).trafficClass }
            #expect(inner == said)
            #expect(outer == said & 3)
        }
    }

    // MARK: Unusual packets

    /// UDP as the kernel makes it when asked for something unusual.
    enum Unusual: CaseIterable, Sendable {
        case empty4, empty6, fragments4, fragments6, noChecksum4, options4, hopByHop6, destinationOptions6

        var destination: String {
            switch self {
            case .empty4, .fragments4, .noChecksum4, .options4: "10.78.0.2"
            case .empty6, .fragments6, .hopByHop6, .destinationOptions6: "fd78::2"
            }
        }

        /// The longest that UDP over IPv4 carries; as long over IPv6.
        var byteCount: Int {
            switch self {
            case .empty4, .empty6: 0
            case .fragments4, .fragments6: 65_507
            default: 777
            }
        }

        /// The socket options that ask for it: level, name, value (uapi/linux/in.h, in6.h, asm-generic/socket.h).
        var socketOptions: [(CInt, CInt, [UInt8])] {
            let off: [UInt8] = [0, 0, 0, 0]
            return switch self {
            case .empty4, .empty6: []
            // IP_MTU_DISCOVER, IPV6_MTU_DISCOVER: fragment what is too long.
            case .fragments4: [(0, 10, off)]
            case .fragments6: [(41, 23, off)]
            // SO_NO_CHECK
            case .noChecksum4: [(1, 11, [1, 0, 0, 0])]
            // IP_OPTIONS: nothing, three times, and the end.
            case .options4: [(0, 4, [1, 1, 1, 0])]
            // IPV6_HOPOPTS, IPV6_DSTOPTS: one unit of padding.
            case .hopByHop6: [(41, 54, [0, 0, 1, 4, 0, 0, 0, 0])]
            case .destinationOptions6: [(41, 59, [0, 0, 1, 4, 0, 0, 0, 0])]
            }
        }

        /// Bytes before the UDP header, or before a fragment's part of the datagram.
        var headerByteCount: Int {
            switch self {
            case .empty4, .fragments4, .noChecksum4: 20
            case .options4: 24
            case .empty6: 40
            case .fragments6, .hopByHop6, .destinationOptions6: 48
            }
        }

        func isMade(_ packets: [[UInt8]]) -> Bool {
            switch self {
            case .empty4: packets.allSatisfy { $0.count == 28 }
            case .empty6: packets.allSatisfy { $0.count == 48 }
            case .fragments4: packets.count > 40 && packets.allSatisfy { $0[6] & 0x3F != 0 || $0[7] != 0 }
            case .fragments6: packets.count > 40 && packets.allSatisfy { $0[6] == 44 }
            case .noChecksum4: packets.allSatisfy { $0[26] == 0 && $0[27] == 0 }
            case .options4: packets.allSatisfy { $0[0] == 0x46 }
            case .hopByHop6: packets.allSatisfy { $0[6] == 0 }
            case .destinationOptions6: packets.allSatisfy { $0[6] == 60 }
            }
        }
    }

    @Test(arguments: Offloading.allCases, Unusual.allCases)
    func `an unusual packet gets through both ways`(offloading: Offloading, unusual: Unusual) async throws {
        let payload = Self.bytes(unusual.byteCount)
        let (packets, echo) = try await PrivateNetwork.run {
            let scene = try Scene(offloads: offloading.plan)
            try scene.roundTrip()
            for (level, name, value) in unusual.socketOptions {
                let result = setsockopt(
                    scene.application.fileDescriptor, level, name, value, socklen_t(value.count))
                guard result == 0 else { throw SystemError(call: "setsockopt", errno: errno, subject: "\(unusual)") }
            }
            let (start, heardBefore) = (scene.far.delivered.count, scene.heard.count)
            try scene.say(payload, to: unusual.destination)
            try scene.wait(for: "the datagram at the far end") {
                let parts = scene.far.delivered[start...].map { $0.count - unusual.headerByteCount }
                return parts.reduce(0, +) >= 8 + payload.count
            }
            let packets = Array(scene.far.delivered[start...])
            for at in scene.far.delivered.indices[start...] {
                try scene.far.send(
                    run: [returned(scene.far.delivered[at])], isChecksumPartial: scene.far.arePartial[at])
            }
            try scene.wait(for: "the datagram back at the application") { scene.heard.count > heardBefore }
            return (packets, scene.heard[heardBefore...].map { $0 })
        }
        #expect(unusual.isMade(packets))
        #expect(Array(packets.map { $0.dropFirst(unusual.headerByteCount) }.joined().dropFirst(8)) == payload)
        #expect(echo.map(\.bytes) == [payload])
        #expect(echo.map(\.source) == [try address(unusual.destination, 9)])
    }
}
