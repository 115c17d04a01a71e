import Glibc
import SealaneDataplane
import SealaneLinux
import SealanePacket
import SealaneTunnel
import TestSupport
import Testing

/// One data plane between a real TUN and real sockets.
@Suite(.enabled("needs a network namespace and a TUN device (root)") { await PrivateNetwork.isAvailable() })
struct DataplaneTests {
    @Test(arguments: Scene.Underlay.allCases, ["10.78.0.2", "fd78::2"])
    func `a packet into the TUN arrives sealed at the peer and opens`(
        underlay: Scene.Underlay, destination: String
    ) async throws {
        let payload = Array("a sentence that must not be seen on the way".utf8)
        let (packets, datagrams) = try await PrivateNetwork.run {
            let scene = try Scene(underlay: underlay)
            try scene.say(payload, to: destination)
            try scene.wait(for: "the packet") { !scene.farPayloads.isEmpty }
            return (scene.far.delivered, scene.far.seen)
        }
        let arrived = packets.filter { udpPayload(of: $0) != nil }
        #expect(arrived.map(udpPayload(of:)) == [payload])
        let packet = try #require(arrived.first)
        let addresses = try #require(
            packet.withUnsafeBytes { IPPacket($0).map { [$0.source.description, $0.destination.description] } })
        #expect(addresses == [destination == "10.78.0.2" ? "10.78.0.1" : "fd78::1", destination])
        #expect(datagrams.contains { $0.count == packet.count + TunnelLimits.sealOverhead })
        #expect(datagrams.allSatisfy { $0.firstRange(of: payload.prefix(8)) == nil })
    }

    @Test(arguments: Scene.Underlay.allCases, ["10.78.0.", "fd78::"])
    func `a datagram that the peer seals comes out of the TUN`(
        underlay: Scene.Underlay, network: String
    ) async throws {
        let payload = Array("hello".utf8)
        let (heard, isCleartext) = try await PrivateNetwork.run {
            let scene = try Scene(underlay: underlay)
            // The far end has no session yet: this packet waits for its handshake, as the near end's would.
            try scene.far.send(packet: udpPacket(from: "\(network)2", to: "\(network)1", payload))
            try scene.wait(for: "the packet") { !scene.heard.isEmpty }
            return (scene.heard, scene.far.seen.contains { $0.firstRange(of: payload) != nil })
        }
        #expect(heard.map(\.bytes) == [payload])
        #expect(heard.map(\.source) == [try address("\(network)2", 9)])
        #expect(!isCleartext)
    }

    @Test func `many packets go both ways at once, each once and in order, and are counted`() async throws {
        let count = 2000
        let result = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            let before = (scene.farPayloads.count, scene.heard.count)
            let numbers = (0..<count).map { number in [UInt8(number >> 8), UInt8(number & 0xFF)] }
            for (index, number) in numbers.enumerated() {
                try scene.say(number)
                try scene.far.send(packet: udpPacket(from: "10.78.0.2", to: "10.78.0.1", number))
                // The queue of a TUN holds 500 packets; who writes more at once loses them, with or without a tunnel.
                if index % 100 == 99 {
                    try scene.wait(for: "packets up to \(index)") {
                        scene.farPayloads.count > before.0 + index && scene.heard.count > before.1 + index
                    }
                }
            }
            let report = try scene.report()
            return (
                scene.farPayloads.dropFirst(before.0).elementsEqual(numbers),
                scene.heard.dropFirst(before.1).map(\.bytes).elementsEqual(numbers),
                report.sessions.map { [$0.sent.packets, $0.received.packets] }
            )
        }
        #expect(result.0)
        #expect(result.1)
        // And one each of the round trip before.
        #expect(result.2 == [[UInt64(count) + 1, UInt64(count) + 1]])
    }

    /// The kernel's translation of the ICMP errors (net/ipv4/icmp.c and net/ipv6/icmp.c): of type 3 code 13, and type 1
    /// code 1. A host that is merely unreachable would not be reported at all.
    static let prohibited: [(destination: String, errno: Int32)] = [("10.78.0.2", EHOSTUNREACH), ("fd78::2", EACCES)]

    @Test(arguments: prohibited)
    func `a packet for a peer that this end refuses is answered with an ICMP error`(
        destination: String, errno: Int32
    ) async throws {
        let (error, drops, seen) = try await PrivateNetwork.run {
            let scene = try Scene()
            scene.near.tunnel.setAllowed(false, PeerID(0))
            scene.near.performOutputs()
            _ = try scene.report()
            let error = try scene.errorAfterSaying([1, 2, 3], to: destination)
            return (error, try scene.report().drops[.peerRefused], scene.far.seen)
        }
        #expect(error == errno)
        #expect(drops == 1)
        #expect(seen.isEmpty)
    }

    @Test(arguments: prohibited)
    func `a packet that waited for a peer that then refuses is answered with an ICMP error`(
        destination: String, errno: Int32
    ) async throws {
        let (error, state, refusal) = try await PrivateNetwork.run {
            let scene = try Scene()
            scene.far.decision = .refuse(reasons: [7])
            let error = try scene.errorAfterSaying([1, 2, 3], to: destination)
            let status = scene.near.tunnel.status(of: PeerID(0))
            return (error, status?.state, status?.refusalByPeer)
        }
        #expect(error == errno)
        #expect(state == .refused)
        #expect(refusal == [7])
    }

    @Test(arguments: ["10.78.0.2", "fd78::2"])
    func `a packet too big for the path is answered with an ICMP error that tells the size`(
        destination: String
    ) async throws {
        // 1400 - 60 fit; the device itself takes 1420.
        let (error, drops, payloads) = try await PrivateNetwork.run {
            let scene = try Scene(farMTU: 1400)
            try scene.roundTrip()
            let big = [UInt8](repeating: 1, count: 1341 - (destination == "10.78.0.2" ? 28 : 48))
            let error = try scene.errorAfterSaying(big, to: destination)
            let drops = try scene.report().drops[.packetTooBig]
            let fitting = Array(big.dropFirst())
            let before = scene.farPayloads.count
            try scene.say(fitting, to: destination)
            try scene.wait(for: "the packet that fits") { scene.farPayloads.count > before }
            return (error, drops, scene.farPayloads.last == fitting)
        }
        #expect(error == EMSGSIZE)
        #expect(drops == 1)
        #expect(payloads)
    }

    @Test(arguments: [false, true])
    func `a packet too big for the path that may be fragmented arrives in fragments, the first one too`(
        hasOffloads: Bool
    ) async throws {
        // The device takes packets of 1420, the path 1400 - 60.
        let payloads = (0..<6).map { seed in (0..<1392).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed) } }
        let (fragments, drops) = try await PrivateNetwork.run {
            let scene = try Scene(farMTU: 1400, offloads: hasOffloads ? .all : .none)
            try scene.allowFragments()
            // The first waits for the session.
            for payload in payloads.prefix(3) { try scene.say(payload) }
            try scene.wait(for: "three packets") { scene.far.delivered.count >= 6 }
            try scene.say(run: Array(payloads[3...].joined()), in: 1392)
            try scene.wait(for: "a run of three") { scene.far.delivered.count >= 12 }
            return (scene.far.delivered, try scene.report().drops[.packetTooBig])
        }
        #expect(fragments.map(\.count) == [1340, 100, 1340, 100, 1340, 100, 1340, 100, 1340, 100, 1340, 100])
        let packets = stride(from: 0, to: fragments.count, by: 2).map { defragmented(fragments[$0..<$0 + 2]) }
        #expect(packets.map(udpPayload(of:)) == payloads)
        #expect(packets.allSatisfy { areChecksumsRight($0, isPartial: false) })
        #expect(drops == 0)
    }

    @Test func `what the control thread has no room for is told when it has, in order`() async throws {
        let count: UInt64 = 6000
        let numbers = try await PrivateNetwork.run {
            let near = try NearEnd(bind: "127.0.0.1", reachedAt: "127.0.0.1")
            let events = near.dataplane.events
            let witness = try UDPSocket.bind(to: address("127.0.0.1"))
            // More than the mailbox holds, and nobody takes them.
            for number in 1...count { near.dataplane.post(.report(number)) }
            // Once the second arrives, the lane's turn with the first, after all reports, is over.
            for _ in 0..<2 {
                near.dataplane.send([1], to: Endpoint(witness.localAddress))
                guard try isReadable(witness.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                    throw Failure("the lane sends no datagram")
                }
                _ = try receiveAll(from: witness)
            }
            var numbers: [UInt64] = []
            while numbers.count < count {
                guard try isReadable(events.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                    throw Failure("\(numbers.count) of \(count) reports came")
                }
                for event in events.popAll() {
                    if case .report(let report) = event { numbers.append(report.number) }
                }
            }
            return numbers
        }
        #expect(numbers == Array(1...count))
    }

    @Test func `a removed device is reported once, by its name, and ends the lane`() async throws {
        let (failures, took) = try await PrivateNetwork.run {
            let scene = try Scene()
            try scene.roundTrip()
            try TunDevice.remove(NearEnd.device)
            let failures = scene.near.failures
            guard try isReadable(failures.fileDescriptor, withinNanoseconds: patienceNanoseconds) else {
                throw Failure("the dataplane did not report that the device is gone")
            }
            let dataplane = scene.near.dataplane
            // More than any mailbox holds: who does not know yet must not wait for a lane that is gone.
            let took = try duration(of: "posting to a lane that is gone") {
                for number in 0..<100_000 as Range<UInt64> { dataplane.post(.report(number)) }
                dataplane.stop()
            }
            return (failures.popAll(), took)
        }
        let failure = try #require(failures.first)
        #expect(failures.count == 1)
        #expect(failure.call == "read")
        #expect(failure.subject == NearEnd.device)
        #expect(failure.errno == EBADFD)
        #expect(failure.description.contains("removed"))
        #expect(took < .seconds(60))
    }

    @Test func `stop ends the lane promptly under load, and its device, port and files are free`() async throws {
        let result = try await PrivateNetwork.run {
            let before = try OpenFiles.all()
            let (took, gone, isPortFree, failures) = try Self.stopUnderLoad()
            return (before, try OpenFiles.all(), took, gone, isPortFree, failures)
        }
        #expect(result.0 == result.1)
        #expect(result.2 < .seconds(60))
        #expect(result.3 == ENODEV)
        #expect(result.4)
        #expect(result.5.isEmpty)
    }

    private static func stopUnderLoad() throws -> (
        took: Duration, device: Int32?, isPortFree: Bool, failures: [SystemError]
    ) {
        let scene = try Scene()
        try scene.roundTrip()
        let stopped = try Mailbox<Bool>(capacity: 1)
        let target = SocketAddress(scene.near.endpoint)
        let floods = try [target, address("10.78.0.2", 9)].map { destination in
            try LinuxThread.start(name: "flood") {
                guard let socket = try? UDPSocket.bind(to: SocketAddress(ipv4: 0, port: 0)) else { return }
                while !stopped.isClosed {
                    try? send([[UInt8](repeating: 4, count: 64)], through: socket, to: destination)
                }
            }
        }
        _ = try scene.report(withAtLeast: 1000, of: [.unsupportedVersion])
        let dataplane = scene.near.dataplane
        let took = try duration(of: "stop") { dataplane.stop() }
        stopped.close()
        for flood in floods { flood.join() }
        // Though the data plane is still referred to.
        let device = systemError { _ = try NetworkInterface.index(of: NearEnd.device) }?.errno
        let isPortFree = systemError { _ = try UDPSocket.bind(to: target).localAddress } == nil
        dataplane.stop()
        return (took, device, isPortFree, scene.near.failures.popAll())
    }

    @Test func `an idle lane stops promptly as well, time and again`() async throws {
        let (before, after, longest) = try await PrivateNetwork.run {
            let before = try OpenFiles.all()
            var longest = Duration.zero
            for _ in 0..<20 {
                let near = try NearEnd(bind: "127.0.0.1", reachedAt: "127.0.0.1")
                let dataplane = near.dataplane
                longest = max(longest, try duration(of: "stop") { dataplane.stop() })
            }
            return (before, try OpenFiles.all(), longest)
        }
        #expect(before == after)
        #expect(longest < .seconds(60))
    }
}
