import Glibc
import SealaneLinux
import TestSupport
import Testing

@Suite(.enabled(if: PrivateNetwork.isAvailable, "needs a network namespace and a TUN device (root)"))
struct TunOffloadTests {
    /// Opens `sl0` and sets it up with 10.78.0.1/24 and fd78::1/64.
    private static func ready(_ offloads: TunOffloads?, position: TunQueue.Position = .only) throws -> TunQueue {
        let queue = try TunQueue.open(name: "sl0", persistent: true, position: position, offloads: offloads)
        try InterfaceConfiguration.setMTU("sl0", to: 1420)
        try InterfaceConfiguration.setUp("sl0")
        try InterfaceConfiguration.replaceAddresses(of: "sl0", with: ["10.78.0.1/24", "fd78::1/64"])
        // The kernel adds an IPv6 address's local route asynchronously; packets before that are lost.
        let deadline = MonotonicClock.now() + Patience.nanoseconds
        while MonotonicClock.now() < deadline {
            let table = try AtomicFile.read("/proc/thread-self/net/ipv6_route", maximumByteCount: 65_536) ?? []
            let routes = String(decoding: table, as: UTF8.self).split(separator: "\n")
            if routes.contains(where: { $0.hasPrefix("fd780000000000000000000000000001 80") }) { return queue }
            usleep(1000)
        }
        throw Failure("fd78::1 has no local route")
    }

    private static func stream(_ offset: Int, _ count: Int) -> [UInt8] {
        (offset..<offset + count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
    }

    @Test func `this kernel grants the expected offloads, and every open queue has the header`() throws {
        let result = try PrivateNetwork.run {
            let first = try TunQueue.open(name: "many0", persistent: false, position: .first, offloads: .all)
            let second = try TunQueue.open(name: "many0", persistent: false, position: .additional, offloads: .all)
            return (first.offloads, second.offloads, first.headerByteCount, second.headerByteCount)
        }
        #expect(result.0.granted.isSuperset(of: [.checksum, .tso4, .tso6, .ecn]))
        #expect(result.0 == result.1)
        #expect(result.0.granted.contains(.uso) != result.0.refusals.contains { $0.error.subject == "many0: uso" })
        #expect([result.2, result.3] == [10, 10])
    }

    @Test func `a queue without offloads has no header and requests nothing`() throws {
        let result = try PrivateNetwork.run {
            let queue = try TunQueue.open(name: "sl0", persistent: false)
            return (queue.headerByteCount, queue.offloads)
        }
        #expect(result.0 == 0)
        #expect(result.1.granted == [] && result.1.refusals.isEmpty)
    }

    @Test(arguments: [false, true])
    func `TCP of this kernel is read as super-packets of nearly 64 KiB with their header`(isIPv6: Bool) throws {
        let (packet, offset) = try PrivateNetwork.run { try Self.greatestPacket(isIPv6: isIPv6, limit: nil) }
        #expect(packet.bytes.count > 60_000)
        #expect(packet.bytes.count - 10 == packet.statedByteCount)
        #expect(packet.segmentation == (isIPv6 ? 4 : 1))
        // Without the options of a segment, which count towards TCP's segment size.
        #expect((TCPConversation.segmentByteCount - 40...TCPConversation.segmentByteCount) ~= packet.segmentByteCount)
        #expect(packet.needsChecksum)
        #expect(packet.checksumStart == packet.transportOffset - 10)
        #expect(packet.checksumOffset == 16)
        #expect(packet.headersByteCount == packet.payloadOffset - 10)
        #expect(Array(packet.payload) == Self.stream(offset, packet.payload.count))
    }

    @Test func `super-packets respect the interface's limit`() throws {
        let (packet, _) = try PrivateNetwork.run { try Self.greatestPacket(isIPv6: false, limit: 30_000) }
        #expect(packet.bytes.count > 25_000 && packet.bytes.count <= 30_010)
    }

    /// Sends a TCP stream through the TUN, and returns the first packet near the limit, or the longest of 4 MiB,
    /// and its offset in the stream.
    private static func greatestPacket(isIPv6: Bool, limit: Int?) throws -> (SuperPacket, Int) {
        let queue = try ready(.all)
        if let limit { try InterfaceConfiguration.setSuperpacketLimit("sl0", to: limit) }
        var connection = try TCPConversation.open(isIPv6: isIPv6, through: queue)
        let start = connection.expected
        let bytes = stream(0, 4 << 20)
        var sent = 0
        var greatest: (packet: SuperPacket, offset: Int)?
        while connection.expected &- start < bytes.count {
            let result = bytes[sent...].withUnsafeBytes { send(connection.socket, $0.baseAddress, $0.count, 0) }
            sent += max(result, 0)
            let packet = try nextPacket(6, isIPv6: isIPv6, from: queue)
            guard packet.sequence == connection.expected else { throw Failure("out of order") }
            let offset = Int(packet.sequence &- start)
            connection.expected &+= UInt32(packet.payload.count)
            try connection.acknowledge(queue)
            if packet.bytes.count > greatest?.packet.bytes.count ?? 0 { greatest = (packet, offset) }
            if let greatest, greatest.packet.bytes.count > 60_000 { break }
        }
        guard let greatest else { throw Failure("nothing was sent") }
        return greatest
    }

    @Test(arguments: [false, true])
    func `a TCP super-packet written in pieces reaches the socket whole`(isIPv6: Bool) throws {
        let payload = Self.stream(5, 60_001)
        let result = try PrivateNetwork.run {
            let queue = try Self.ready(.all)
            let connection = try TCPConversation.open(isIPv6: isIPv6, through: queue)
            let packet = SuperPacket(
                isIPv6: isIPv6, tcpFrom: 80, to: connection.localPort, sequence: connection.sequence,
                acknowledgement: connection.expected, flags: 0x18, payload, segmentByteCount: 1300)
            let written = Self.write(packet.bytes, in: [3, 7, 30, 0, 1300, 1300], to: queue)
            var got = [UInt8](repeating: 0, count: 100_000)
            let count = got.withUnsafeMutableBytes { recv(connection.socket, $0.baseAddress, $0.count, 0) }
            return (written == packet.bytes.count, Array(got.prefix(max(count, 0))))
        }
        #expect(result.0)
        #expect(result.1 == payload)
    }

    /// Writes `bytes` as pieces of the given lengths, and a last one with the rest.
    private static func write(_ bytes: [UInt8], in lengths: [Int], to queue: borrowing TunQueue) -> Int {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        var pieces: [iovec] = []
        var offset = 0
        for length in lengths + [bytes.count - lengths.reduce(0, +)] {
            pieces.append(iovec(iov_base: memory.baseAddress.map { $0 + offset }, iov_len: length))
            offset += length
        }
        return pieces.withUnsafeBufferPointer {
            $0.baseAddress.map { queue.write(pieces: $0, count: pieces.count) } ?? 0
        }
    }

    @Test(arguments: [false, true])
    func `a UDP super-packet reaches a plain socket as datagrams and a GRO socket as one run`(isIPv6: Bool) throws {
        let payload = Self.stream(9, 20 * 1000 + 1)
        let (plain, joined) = try PrivateNetwork.run {
            let queue = try Self.ready(.all)
            guard queue.probeWrites().granted.contains(.uso) else { throw Failure("no uso") }
            let socket = try UDPSocket.bind(to: address(isIPv6 ? "fd78::1" : "10.78.0.1"))
            let packet = SuperPacket(
                isIPv6: isIPv6, udpFrom: 7, to: socket.localAddress.port, payload, segmentByteCount: 1000)
            func deliver() throws -> [(bytes: [UInt8], segmentByteCount: Int)] {
                guard packet.bytes.withUnsafeBytes({ queue.write($0) }) > 0 else { throw Failure("write") }
                return try receiveRuns(payload.count, from: socket)
            }
            let plain = try deliver().map(\.bytes)
            try socket.setGRO(true)
            return (plain, try deliver().map { ($0.bytes, $0.segmentByteCount) })
        }
        #expect(plain.map(\.count) == [Int](repeating: 1000, count: 20) + [1])
        #expect(Array(plain.joined()) == payload)
        #expect(joined.map(\.0) == [payload])
        #expect(joined.map(\.1) == [1000])
    }

    @Test func `a UDP run through the TUN is read as one super-packet with uso and as packets without`() throws {
        let payload = Self.stream(1, 10 * 1300)
        let counts = try PrivateNetwork.run {
            try [TunOffloads.all, [.checksum, .tso4], nil].map { offloads in
                let queue = try Self.ready(offloads)
                let socket = try UDPSocket.bind(to: address("10.78.0.1"))
                let outcome = try payload.withUnsafeBytes { bytes in
                    var batch = SendBatch(capacity: 1, forIPv6Socket: false)
                    batch.append(run: bytes, segmentByteCount: 1300, to: try address("10.78.0.2", 9))
                    return batch.flush(to: socket)
                }
                guard outcome.sent == 1 else { throw Failure("\(outcome)") }
                var bytes = [UInt8](repeating: 0, count: TunQueue.maximumReadByteCount)
                var found: [Int] = []
                while case let count = bytes.withUnsafeMutableBytes({ queue.read(into: $0) }), count > 0 {
                    if bytes[queue.headerByteCount] >> 4 == 4 { found.append(count - queue.headerByteCount) }
                }
                return found
            }
        }
        #expect(counts[0] == [28 + payload.count])
        #expect(counts[1] == [Int](repeating: 1328, count: 10))
        #expect(counts[2] == counts[1])
    }

    // MARK: Devices of earlier processes

    @Test func `a device left behind takes the requested type, in both directions`() throws {
        let result = try PrivateNetwork.run {
            try [nil, .all, nil, TunOffloads.all].map { offloads in
                let queue = try Self.ready(offloads)
                let socket = try UDPSocket.bind(to: address("10.78.0.1"))
                send([[1, 2, 3]], through: socket, to: try address("10.78.0.2", 9))
                var bytes = [UInt8](repeating: 0, count: 2000)
                while true {
                    let count = bytes.withUnsafeMutableBytes { queue.read(into: $0) }
                    guard count > 0 else { throw Failure("read: \(count)") }
                    if bytes[queue.headerByteCount] >> 4 == 4 {
                        return [Int(queue.interfaceIndex), queue.headerByteCount, count]
                    }
                }
            }
        }
        #expect(result.map { $0[1] } == [0, 10, 0, 10])
        #expect(result.map { $0[2] } == [31, 41, 31, 41])
        #expect(Set(result.map { $0[0] }).count == 1)
    }

    // A device keeps its offloads: without a header, a reader could not recognise a super-packet.
    @Test func `a device left behind with offloads gives plain packets to a queue opened without`() throws {
        let longest = try PrivateNetwork.run {
            _ = try Self.ready(.all).interfaceIndex
            let queue = try Self.ready(nil)
            let socket = try UDPSocket.bind(to: address("10.78.0.1"))
            let payload = [UInt8](repeating: 1, count: 20_000)
            try payload.withUnsafeBytes { bytes in
                var batch = SendBatch(capacity: 1, forIPv6Socket: false)
                batch.append(run: bytes, segmentByteCount: 1300, to: try address("10.78.0.2", 9))
                _ = batch.flush(to: socket)
            }
            var bytes = [UInt8](repeating: 0, count: TunQueue.maximumReadByteCount)
            var longest = 0
            while case let count = bytes.withUnsafeMutableBytes({ queue.read(into: $0) }), count > 0 {
                longest = max(longest, count)
            }
            return longest
        }
        #expect(longest == 1328)
    }

    @Test func `queues of one device must be opened alike, and the error says so`() throws {
        let errors = try PrivateNetwork.run {
            func second(_ first: TunOffloads?, _ second: TunOffloads?) throws -> SystemError? {
                let queue = try TunQueue.open(name: "many0", persistent: false, position: .first, offloads: first)
                _ = queue.interfaceIndex
                return systemError {
                    _ = try TunQueue.open(name: "many0", persistent: false, position: .additional, offloads: second)
                        .interfaceIndex
                }
            }
            return [try second(nil, .all), try second(.all, nil)]
        }
        #expect(errors.map { $0?.errno } == [EINVAL, EINVAL])
        #expect(errors[0]?.advice?.hasPrefix("many0 has packets without a header") == true)
        #expect(errors[1]?.advice?.contains("ip link delete many0") == true)
    }

    // MARK: Writing

    @Test func `the probe finds which packets may be written, and none of them goes anywhere`() throws {
        let result = try PrivateNetwork.run {
            let queue = try Self.ready(.all)
            let forwarding = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY)
            guard Glibc.write(forwarding, "1", 1) == 1, close(forwarding) == 0 else { throw Failure("ip_forward") }
            let grant = queue.probeWrites()
            var bytes = [UInt8](repeating: 0, count: 3000)
            var answers = 0
            while case let count = bytes.withUnsafeMutableBytes({ queue.read(into: $0) }), count > 0 {
                // The kernel sends ICMPv6 multicasts of its own.
                if bytes[10] >> 4 == 4 || bytes[10 + 24] != 0xff { answers += 1 }
            }
            return (grant, answers)
        }
        #expect(result.0.granted.isSuperset(of: [.checksum, .tso4, .tso6]))
        #expect(result.1 == 0)
    }

    @Test func `a probe of an interface that is down, or of a queue without header, says why`() throws {
        let grants = try PrivateNetwork.run {
            let down = try TunQueue.open(name: "sl0", persistent: false, offloads: .all)
            let plain = try TunQueue.open(name: "sl1", persistent: false)
            return [down.probeWrites(), plain.probeWrites()]
        }
        #expect(grants.map(\.granted) == [[], []])
        #expect(grants[0].refusals.allSatisfy { $0.error.call == "write" && $0.error.errno == EIO })
        #expect(grants[1].refusals.allSatisfy { $0.error.advice == "the queue was opened without offloads" })
    }

    @Test func `a header that does not fit its packet is refused`() throws {
        let results = try PrivateNetwork.run {
            let queue = try Self.ready(.all)
            var packet = SuperPacket(isIPv6: false, udpFrom: 7, to: 9, [1, 2, 3]).bytes
            packet[6] = 200  // the checksum starts after the end
            let wrong = packet.withUnsafeBytes { queue.write($0) }
            let short = [UInt8](repeating: 0, count: 9).withUnsafeBytes { queue.write($0) }
            let piece = iovec()
            let none = withUnsafePointer(to: piece) { queue.write(pieces: $0, count: -1) }
            return [wrong, short, none]
        }
        #expect(results == [-Int(EINVAL), -Int(EINVAL), -Int(EINVAL)])
    }
}

/// The negotiation of offloads with a scripted kernel.
@Suite struct TunOffloadGrantTests {
    /// A kernel that supports `known` and nothing else.
    private func negotiate(
        _ wanted: TunOffloads, known: TunOffloads
    ) throws -> (granted: TunOffloads, refused: [String], asked: [TunOffloads]) {
        var asked: [TunOffloads] = []
        let grant = try TunOffloadGrant.negotiate(wanted, device: "sl0") {
            let offloads = TunOffloads(rawValue: $0)
            asked.append(offloads)
            return offloads.isSubset(of: known) ? 0 : -Int(EINVAL)
        }
        return (grant.granted, grant.refusals.map(\.error.subject), asked)
    }

    @Test func `a kernel before 6.2 grants all but uso, and the grant gives the reason`() throws {
        let result = try negotiate(.all, known: TunOffloads.all.subtracting(.uso))
        #expect(result.granted == [.checksum, .tso4, .tso6, .ecn])
        #expect(result.refused == ["sl0: uso"])
        let grant = try TunOffloadGrant.negotiate([.checksum, .uso], device: "sl0") {
            $0 & 0x60 == 0 ? 0 : -Int(EINVAL)
        }
        #expect(
            grant.refusals.map(\.error.description) == [
                "ioctl TUNSETOFFLOAD(sl0: uso): Invalid argument (EINVAL); the TUN driver supports it from Linux 6.2 on"
            ])
    }

    @Test func `unsupported offloads are given up one by one, in the end all`() throws {
        #expect(try negotiate(.all, known: [.checksum, .tso4]).granted == [.checksum, .tso4])
        #expect(try negotiate(.all, known: [.checksum]).granted == [.checksum])
        let none = try negotiate(.all, known: [])
        #expect(none.granted == [])
        #expect(none.refused.count == 5)
        #expect(none.asked.last == [])
    }

    @Test func `offloads that need another one are not requested without it`() throws {
        #expect(try negotiate([.tso4, .uso], known: .all).granted == [])
        #expect(try negotiate([.checksum, .ecn, .uso], known: .all).granted == [.checksum, .uso])
        #expect(try negotiate([], known: .all).asked == [[]])
        #expect(try negotiate(TunOffloads(rawValue: 0xffff_ff21), known: .all).granted == [.checksum])
    }

    @Test func `any other errno is an error and an interrupted call is repeated`() throws {
        let error = systemError {
            _ = try TunOffloadGrant.negotiate([.checksum], device: "sl0") { _ in -Int(EBADFD) }
        }
        #expect(error?.errno == EBADFD)
        #expect(error?.subject == "sl0: checksum")
        var answers = [-Int(EINTR), 0]
        #expect(try TunOffloadGrant.negotiate(.all, device: "sl0") { _ in answers.removeFirst() }.granted == .all)
    }
}
