import Glibc
import SealaneLinux
import TestSupport
import Testing

/// Which of the tests below this host can run, determined without the code under test.
private enum Host {
    static let families = UDPSocketTests.hasIPv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]
    /// The kernel supports UDP_SEGMENT (103) and UDP_GRO (104), which can be read back from 5.12 on.
    static let hasRuns = [CInt(103), 104].allSatisfy { option in
        let descriptor = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, CInt(IPPROTO_UDP), option, &value, &length) == 0
    }
}

/// Runs of datagrams: sent with UDP_SEGMENT, received with UDP_GRO, on the loopback of this host.
@Suite(.enabled(if: Host.hasRuns, "this kernel has no UDP segmentation"))
struct UDPRunTests {
    private static func bytes(_ count: Int, _ seed: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8 &+ seed) }
    }

    private static func datagrams(_ bytes: [UInt8], _ size: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
    }

    /// One run, through `flush`.
    private static func send(
        _ bytes: [UInt8], in size: Int, through socket: borrowing UDPSocket, to destination: SocketAddress
    ) -> SendBatch.Outcome {
        var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
        return bytes.withUnsafeBytes { memory in
            batch.append(run: memory, segmentByteCount: size, to: destination)
            return batch.flush(to: socket)
        }
    }

    @Test(
        arguments: Host.families,
        [
            (2000, 1000), (2001, 1000), (63 * 1000, 1000), (62 * 1000 + 1, 1000), (44 * 1400, 1400),
            (SendBatch.maximumRunByteCount, 1400),
            (64, 1), (130, 64), (63 * 64, 64),
        ])
    func `a run arrives as datagrams on a plain socket and joined on a GRO socket`(
        text: String, shape: (count: Int, size: Int)
    ) throws {
        let sender = try UDPSocket.bind(to: address(text))
        let receiver = try UDPSocket.bind(to: address(text))
        let bytes = Self.bytes(shape.count)
        #expect(Self.send(bytes, in: shape.size, through: sender, to: receiver.localAddress) == .init(sent: 1))
        let plain = try receiveRuns(shape.count, from: receiver)
        let isSplit = plain.map(\.bytes) == Self.datagrams(bytes, shape.size)
        #expect(isSplit)
        #expect(plain.allSatisfy { $0.segmentByteCount == $0.bytes.count })

        try receiver.setGRO(true)
        #expect(Self.send(bytes, in: shape.size, through: sender, to: receiver.localAddress) == .init(sent: 1))
        let joined = try receiveRuns(shape.count, from: receiver)
        // Not the arrays themselves: a failure would print them.
        #expect(joined.map(\.segmentByteCount) == [shape.size])
        let isSame = joined.map(\.bytes) == [bytes]
        #expect(isSame)
    }

    @Test func `the limits are within this kernel's`() throws {
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        let count = SendBatch.maximumSegmentCount
        let size = SendBatch.maximumRunByteCount / count
        #expect(
            Self.send(Self.bytes(size * count), in: size, through: receiver, to: receiver.localAddress)
                == .init(sent: 1))
        #expect(try receiveRuns(size * count, from: receiver).count == count)
        let tooLong = Self.bytes(65_508)
        #expect(Self.send(tooLong, in: 1400, through: receiver, to: receiver.localAddress) == .init(failed: 1))
    }

    // With its headers such a run is longer than any super-packet: the kernel splits it on the way.
    @Test func `the longest run that the kernel accepts arrives, if not joined`() throws {
        let socket = try UDPSocket.bind(to: address("127.0.0.1"))
        try socket.setGRO(true)
        let bytes = Self.bytes(65_507)
        #expect(Self.send(bytes, in: 1400, through: socket, to: socket.localAddress) == .init(sent: 1))
        let isSame = Array(try receiveRuns(bytes.count, from: socket).map(\.bytes).joined()) == bytes
        #expect(isSame)
    }

    @Test func `a run of one datagram is a plain message`() throws {
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        let bytes = Self.bytes(1000)
        bytes.withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 4, forIPv6Socket: false)
            for size in [1000, 1001, 999, 0] {
                batch.append(run: memory, segmentByteCount: size, to: receiver.localAddress)
            }
            #expect((0..<4).map { batch.isRun(at: $0) } == [false, false, true, false])
            #expect(batch.flush(to: receiver) == .init(sent: 4))
        }
        #expect(try receive(5, from: receiver).map(\.bytes.count) == [1000, 1000, 999, 1, 1000])
    }

    @Test(arguments: Host.families)
    func `runs and plain messages share one call and keep their order`(text: String) throws {
        let sender = try UDPSocket.bind(to: address(text))
        let receiver = try UDPSocket.bind(to: address(text))
        let bytes = Self.bytes(20_000)
        try bytes.withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 8, forIPv6Socket: sender.isIPv6)
            let plain = UnsafeRawBufferPointer(rebasing: memory[..<77])
            // Twice: a slot that held a run holds a plain message, and vice versa.
            for round in 0..<2 {
                for index in 0..<8 {
                    if index % 2 == round {
                        batch.append(run: memory, segmentByteCount: 1000 + index, to: receiver.localAddress)
                    } else {
                        batch.append(plain, to: receiver.localAddress)
                    }
                }
                #expect(batch.flush(to: sender) == .init(sent: 8))
                batch.removeAll()
                let expected = (0..<8).flatMap {
                    $0 % 2 == round ? Self.datagrams(bytes, 1000 + $0) : [Array(bytes[..<77])]
                }
                let found = try receive(expected.count, from: receiver)
                #expect(found.map(\.bytes) == expected)
            }
        }
    }

    @Test func `a receive batch distinguishes single datagrams and runs, call after call`() throws {
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        try receiver.setGRO(true)
        var batch = ReceiveBatch(capacity: 4, bufferByteCount: 65_536)
        for _ in 0..<3 {
            for (count, size) in [(5000, 1200), (700, 700), (9000, 600), (0, 1)] {
                _ = Self.send(Self.bytes(count), in: size, through: sender, to: receiver.localAddress)
            }
            #expect(batch.fill(from: receiver) == 4)
            #expect((0..<4).map { batch.datagram(at: $0).count } == [5000, 700, 9000, 0])
            #expect((0..<4).map { batch.origin(at: $0).segmentByteCount } == [1200, 700, 600, 1])
            #expect((0..<4).allSatisfy { !batch.isTruncated(at: $0) && batch.source(at: $0) == sender.localAddress })
            // Vice versa.
            _ = Self.send(Self.bytes(3), in: 3, through: sender, to: receiver.localAddress)
            #expect(batch.fill(from: receiver) == 1)
            #expect(batch.origin(at: 0).segmentByteCount == 3)
        }
        try receiver.setGRO(false)
        _ = Self.send(Self.bytes(500), in: 250, through: sender, to: receiver.localAddress)
        #expect(batch.fill(from: receiver) == 2)
    }

    // MARK: Refused runs

    // The kernel refuses a run of too many datagrams (more than 128) with EINVAL, as a kernel without UDP_SEGMENT does.
    @Test(arguments: Host.families)
    func `a refused run stops the flush, and is then sent as single datagrams in order`(
        text: String
    ) throws {
        let sender = try UDPSocket.bind(to: address(text))
        let receiver = try UDPSocket.bind(to: address(text))
        let bytes = Self.bytes(200 * 50 + 7)
        let expected =
            Self.datagrams(Array(bytes[..<100]), 50) + Self.datagrams(bytes, 50) + [Array(bytes[..<3])]
            + Self.datagrams(bytes, 500)
        try bytes.withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 4, forIPv6Socket: sender.isIPv6)
            let destination = receiver.localAddress
            batch.append(run: .init(rebasing: memory[..<100]), segmentByteCount: 50, to: destination)
            batch.append(run: memory, segmentByteCount: 50, to: destination)
            batch.append(.init(rebasing: memory[..<3]), to: destination)
            batch.append(run: memory, segmentByteCount: 500, to: destination)
            let outcome = batch.flush(to: sender)
            #expect(outcome == .init(sent: 1, remaining: 3, stoppedBy: EINVAL))
            #expect(outcome.refusedRun)
            #expect(batch.unsentCount == 3)
            #expect(batch.failure(at: 1) == 0)
            #expect(batch.flush(to: sender) == .init(remaining: 3, stoppedBy: EINVAL))
            #expect(batch.flushUnsegmented(to: sender) == .init(sent: 3))
            #expect(batch.flushUnsegmented(to: sender) == .init())
            let found = try receive(expected.count, from: receiver)
            #expect(found.map(\.bytes) == expected)
        }
    }

    // The kernel cannot segment without checksums; every run is refused, every datagram is fine.
    @Test func `a socket without support for runs still sends everything`() throws {
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        var yes: CInt = 1
        #expect(
            setsockopt(sender.fileDescriptor, SOL_SOCKET, SO_NO_CHECK, &yes, socklen_t(MemoryLayout<CInt>.size)) == 0)
        let bytes = Self.bytes(10_001)
        try bytes.withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 2, forIPv6Socket: false)
            batch.append(.init(rebasing: memory[..<3]), to: receiver.localAddress)
            batch.append(run: memory, segmentByteCount: 1000, to: receiver.localAddress)
            #expect(batch.flush(to: sender) == .init(sent: 1, remaining: 1, stoppedBy: EINVAL))
            #expect(batch.flushUnsegmented(to: sender) == .init(sent: 1))
            let expected = [Array(bytes[..<3])] + Self.datagrams(bytes, 1000)
            let found = try receive(expected.count, from: receiver)
            #expect(found.map(\.bytes) == expected)
        }
    }

    @Test func `a partly sent run continues where it stopped, in either way of sending`() throws {
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        let bytes = Self.bytes(10 * 100 + 1)
        for taken in 1...10 {
            for segmented in [false, true] {
                try bytes.withUnsafeBytes { memory in
                    var batch = SendBatch(capacity: 2, forIPv6Socket: false)
                    batch.append(run: memory, segmentByteCount: 100, to: receiver.localAddress)
                    batch.append(.init(rebasing: memory[..<5]), to: receiver.localAddress)
                    var answers = [taken, -Int(ENOBUFS)]
                    let outcome = batch.flushUnsegmented { _, _ in answers.removeFirst() }
                    #expect(outcome == .init(remaining: 2, stoppedBy: ENOBUFS))
                    #expect(batch.isRun(at: 0) == (taken < 10))
                    let rest = segmented ? batch.flush(to: sender) : batch.flushUnsegmented(to: sender)
                    #expect(rest == .init(sent: 2))
                    let expected = Self.datagrams(bytes, 100)[taken...] + [Array(bytes[..<5])]
                    let found = try receive(expected.count, from: receiver)
                    #expect(found.map(\.bytes) == Array(expected))
                }
            }
        }
    }

    @Test func `each self-test gives a verdict, and without a loopback reports that nothing is known`() throws {
        #expect(UDPSocket.supportsGSO() == .works)
        #expect(UDPSocket.supportsGRO() == .works)
        if UDPSocketTests.hasIPv6 {
            #expect(UDPSocket.supportsGSO(ipv6: true) == .works)
            #expect(UDPSocket.supportsGRO(ipv6: true) == .works)
        }
        guard PrivateNetwork.isAvailable else { return }
        let verdicts = try PrivateNetwork.run { [UDPSocket.supportsGSO(), UDPSocket.supportsGRO(ipv6: true)] }
        for verdict in verdicts {
            guard case .untested = verdict else {
                Issue.record("\(verdict)")
                continue
            }
        }
    }
}
