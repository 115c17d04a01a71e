import Glibc
import SealaneLinux
import TestSupport
import Testing

/// DSCP and ECN of datagrams, as sent and as reported by the kernel, on the loopback of this host.
struct TrafficClassTests {
    /// The addresses of the two sockets, and the destination that reaches the receiver.
    struct Way: Sendable, CustomTestStringConvertible {
        let sender: String
        let receiver: String
        let target: String

        var testDescription: String { "\(sender) to \(receiver) at \(target)" }

        static let all: [Way] = {
            let four = Way(sender: "127.0.0.1", receiver: "127.0.0.1", target: "127.0.0.1")
            guard UDPSocketTests.hasIPv6 else { return [four] }
            return [
                four, Way(sender: "::1", receiver: "::1", target: "::1"),
                Way(sender: "::", receiver: "127.0.0.1", target: "127.0.0.1"),
                Way(sender: "127.0.0.1", receiver: "::", target: "127.0.0.1"),
                Way(sender: "::", receiver: "::", target: "127.0.0.1"),
                Way(sender: "::", receiver: "::", target: "::1"),
            ]
        }()
    }

    /// The classes of the next `count` messages, with their lengths.
    private static func classes(
        _ count: Int, from socket: borrowing UDPSocket
    ) throws -> [(trafficClass: UInt8, byteCount: Int)] {
        var epoll = try Epoll()
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        // Fewer than messages, so that slots are reused.
        var batch = ReceiveBatch(capacity: 3, bufferByteCount: 65_536)
        var found: [(UInt8, Int)] = []
        while found.count < count, epoll.wait(timeoutNanoseconds: Patience.nanoseconds) > 0 {
            guard batch.fill(from: socket) > 0 else { continue }
            for index in 0..<batch.count {
                found.append((batch.origin(at: index).trafficClass, batch.datagram(at: index).count))
            }
        }
        return found
    }

    @Test(arguments: Way.all)
    func `each datagram and each run arrives with its own traffic class, and the next one without has none`(
        way: Way
    ) throws {
        let sender = try UDPSocket.bind(to: address(way.sender))
        let receiver = try UDPSocket.bind(to: address(way.receiver))
        try receiver.reportTrafficClass()
        let target = try address(way.target, receiver.localAddress.port)
        let classes: [UInt8] = [0, 1, 2, 3, 0, 46 << 2, 0xFF, 0xB9, 0]
        let bytes = [UInt8](repeating: 7, count: 2500)
        // Single datagrams, runs, and runs joined for a GRO socket.
        for (size, isJoined, partCount) in [(2500, false, 1), (1000, false, 3), (1000, true, 1)] {
            try receiver.setGRO(isJoined)
            let outcome = bytes.withUnsafeBytes { memory in
                var batch = SendBatch(capacity: classes.count, forIPv6Socket: sender.isIPv6)
                for trafficClass in classes {
                    batch.append(run: memory, segmentByteCount: size, trafficClass: trafficClass, to: target)
                }
                return batch.flush(to: sender)
            }
            #expect(outcome == .init(sent: classes.count))
            let found = try Self.classes(classes.count * partCount, from: receiver)
            #expect(found.map(\.trafficClass) == classes.flatMap { Array(repeating: $0, count: partCount) })
            #expect(found.reduce(0) { $0 + $1.byteCount } == classes.count * bytes.count)
        }
    }

    // More datagrams in one run than the kernel accepts: it refuses the run, and each datagram is sent alone.
    @Test(arguments: Way.all)
    func `the datagrams of a split run keep its traffic class`(way: Way) throws {
        let sender = try UDPSocket.bind(to: address(way.sender))
        let receiver = try UDPSocket.bind(to: address(way.receiver))
        try receiver.reportTrafficClass()
        let target = try address(way.target, receiver.localAddress.port)
        let bytes = [UInt8](repeating: 7, count: 200 * 10)
        let (refused, rest) = bytes.withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 2, forIPv6Socket: sender.isIPv6)
            batch.append(run: memory, segmentByteCount: 10, trafficClass: 0xBB, to: target)
            batch.append(run: memory, segmentByteCount: 10, to: target)
            return (batch.flush(to: sender), batch.flushUnsegmented(to: sender))
        }
        #expect(refused.refusedRun)
        #expect(rest == .init(sent: 2))
        let found = try Self.classes(400, from: receiver)
        #expect(found.map(\.trafficClass) == Array(repeating: 0xBB, count: 200) + Array(repeating: 0, count: 200))
        #expect(found.allSatisfy { $0.byteCount == 10 })
    }

    @Test func `the rest of a run keeps its traffic class, including its last datagram`() throws {
        let sender = try UDPSocket.bind(to: address("127.0.0.1"))
        let receiver = try UDPSocket.bind(to: address("127.0.0.1"))
        try receiver.reportTrafficClass()
        let bytes = [UInt8](repeating: 7, count: 50)
        for taken in 1...4 {
            let outcome = bytes.withUnsafeBytes { memory in
                var batch = SendBatch(capacity: 1, forIPv6Socket: false)
                batch.append(run: memory, segmentByteCount: 10, trafficClass: 2, to: receiver.localAddress)
                var answers = [taken, -Int(ENOBUFS)]
                _ = batch.flushUnsegmented { _, _ in answers.removeFirst() }
                return batch.flush(to: sender)
            }
            #expect(outcome == .init(sent: 1))
            let found = try Self.classes(5 - taken, from: receiver)
            #expect(found.map(\.trafficClass) == Array(repeating: 2, count: 5 - taken))
        }
    }

    @Test func `by default no traffic class is reported`() throws {
        let socket = try UDPSocket.bind(to: address("127.0.0.1"))
        let outcome = [UInt8](repeating: 7, count: 5).withUnsafeBytes { memory in
            var batch = SendBatch(capacity: 1, forIPv6Socket: false)
            batch.append(run: memory, segmentByteCount: 5, trafficClass: 3, to: socket.localAddress)
            return batch.flush(to: socket)
        }
        #expect(outcome == .init(sent: 1))
        #expect(try Self.classes(1, from: socket).map(\.trafficClass) == [0])
    }
}
