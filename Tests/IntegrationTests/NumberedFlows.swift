import Glibc
import NetworkLab
import SealaneLinux
import Synchronization
import TestSupport

/// UDP flows from one host to another, sent by one process. Each flow has its own port and numbered datagrams.
struct NumberedFlows: Sendable {
    /// The number of datagrams that arrived.
    var receivedCount = 0
    /// The number of datagrams that arrived twice or after one with a higher number of their flow.
    var disorderedCount = 0
    /// The number of datagrams that arrived changed.
    var alteredCount = 0

    private static let port: UInt16 = 5500
    /// The number of datagrams in flight. It is less than the queue of a TUN device and the buffer of a socket hold, so
    /// that a receiver that waits for a processor loses nothing.
    private static let windowCount = 64

    /// Sends `datagramCount` datagrams of each of `flowCount` flows, in turn, no faster than they arrive.
    static func run(
        from sender: Host, _ source: String, to receiver: Host, _ destination: String, flowCount: Int,
        datagramCount: Int
    ) async throws -> NumberedFlows {
        let arrived = Arrived()
        let total = flowCount * datagramCount
        async let result = receiver.network.within(receiver.index) {
            try receive(at: destination, flowCount: flowCount, total: total, arrived)
        }
        try await sender.network.within(sender.index) {
            while !arrived.isReady.load(ordering: .acquiring) { LinuxThread.yield() }
            defer { arrived.isAllSent.store(true, ordering: .releasing) }
            try send(source, destination, flowCount: flowCount, datagramCount: datagramCount, arrived)
        }
        return try await result
    }

    /// What the receiving thread reports to the sending thread.
    private final class Arrived: Sendable {
        /// The receiver listens or has failed.
        let isReady = Atomic(false)
        let isAllSent = Atomic(false)
        let count = Atomic(0)
    }

    /// Lengths vary within a flow, so that runs end in the middle of it.
    private static func datagram(_ flow: Int, _ number: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: flow &+ number), count: 64 + number / 7 % 3 * 400)
        for (at, value) in [flow, number].enumerated() {
            for byte in 0..<4 { bytes[4 * at + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
        }
        return bytes
    }

    private static func send(
        _ source: String, _ destination: String, flowCount: Int, datagramCount: Int, _ arrived: Arrived
    ) throws {
        let target = try address(destination, port)
        var sockets: [Sender] = []
        for _ in 0..<flowCount { sockets.append(Sender(try UDPSocket.bind(to: address(source)))) }
        var sent = 0
        var (seen, lost) = (0, 0)
        for number in 0..<datagramCount {
            for flow in 0..<flowCount {
                // A datagram that has not arrived after this time is lost.
                let deadline = MonotonicClock.now() + 10_000_000_000
                while sent - seen - lost >= windowCount {
                    seen = arrived.count.load(ordering: .acquiring)
                    if MonotonicClock.now() > deadline { lost = sent - seen } else { LinuxThread.yield() }
                }
                try sockets[flow].send(datagram(flow, number), to: target)
                sent += 1
            }
        }
    }

    private final class Sender {
        private let socket: UDPSocket
        private var batch = SendBatch(capacity: 1, forIPv6Socket: false)

        init(_ socket: consuming UDPSocket) {
            self.socket = socket
        }

        func send(_ bytes: [UInt8], to target: SocketAddress) throws {
            let outcome = bytes.withUnsafeBytes { bytes in
                batch.append(bytes, to: target)
                return batch.flush(to: socket)
            }
            batch.removeAll()
            guard outcome.sent == 1 else { throw Failure("a datagram to \(target) was not sent: \(outcome)") }
        }
    }

    private static func receive(
        at destination: String, flowCount: Int, total: Int, _ arrived: Arrived
    ) throws -> NumberedFlows {
        defer { arrived.isReady.store(true, ordering: .releasing) }
        let socket = try UDPSocket.bind(to: address(destination, port))
        var epoll = try Epoll()
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        arrived.isReady.store(true, ordering: .releasing)
        var batch = ReceiveBatch(capacity: 64, bufferByteCount: 2048)
        var result = NumberedFlows()
        var last = [Int](repeating: -1, count: flowCount)
        var quietSeconds = 0
        while result.receivedCount < total {
            guard epoll.wait(timeoutNanoseconds: 1_000_000_000) > 0 else {
                // Nothing arrived for a long time after the last datagram was sent, so everything has arrived.
                quietSeconds = arrived.isAllSent.load(ordering: .acquiring) ? quietSeconds + 1 : 0
                if quietSeconds == 10 { break }
                continue
            }
            quietSeconds = 0
            guard batch.fill(from: socket) > 0 else { continue }
            for index in 0..<batch.count {
                let bytes = batch.datagram(at: index)
                result.receivedCount += 1
                guard bytes.count >= 8 else {
                    result.alteredCount += 1
                    continue
                }
                let flow = Int(bytes.loadUnaligned(as: UInt32.self))
                let number = Int(bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                guard last.indices.contains(flow), bytes.elementsEqual(datagram(flow, number)) else {
                    result.alteredCount += 1
                    continue
                }
                if number <= last[flow] { result.disorderedCount += 1 }
                last[flow] = max(last[flow], number)
            }
            arrived.count.store(result.receivedCount, ordering: .releasing)
        }
        return result
    }
}
