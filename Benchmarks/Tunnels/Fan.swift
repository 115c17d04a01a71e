import ArgumentParser
import Foundation
import Glibc
import SealaneLinux
import TestSupport

/// The result of `Fan`.
struct FanReport: Codable {
    let seconds: Double
    let sent: Int
    /// How often no answer arrived for a while, so that the datagrams in flight were counted as lost.
    let stalls: Int
}

/// Sends UDP datagrams to many far ends in turn, as many as they take. One of `FarEndNetwork.packetsPerAnswer` comes
/// back, and at most a window is in flight. The first 8 bytes of each datagram are the time of sending.
struct Fan: ParsableCommand {
    @Option(help: "The number of far ends.") var count: Int
    @Option(help: "Bytes of a datagram's payload.") var size: Int
    @Option(help: "Datagrams in a row for one far end: 1, or a whole batch.") var inRow = 1
    @Option(help: "Seconds of the load.") var seconds = 1.0
    @Option(help: "Instead of a load, send one datagram to each far end, so many milliseconds apart.") var apart:
        Double?

    /// The number of datagrams in one batch.
    static let batch = FarEndNetwork.packetsPerAnswer
    /// The number of datagrams in flight. The queue of a TUN device holds 500.
    private static let window = 14 * batch
    private static let patienceNanoseconds: UInt64 = 20_000_000

    func validate() throws {
        guard inRow == 1 || inRow == Self.batch else {
            throw ValidationError("--in-row must be 1 or \(Self.batch), not \(inRow)")
        }
    }

    func run() throws {
        let report = try apart.map { try sendOneToEach(apart: $0) } ?? load()
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }

    private func destination(_ turn: Int) -> SocketAddress {
        SocketAddress(ipv4: FarEndPlan(number: 1 + turn % count).address.ipv4 ?? 0, port: 5400)
    }

    private func sendOneToEach(apart milliseconds: Double) throws -> FanReport {
        var source = try FanSource(size: size)
        let begin = MonotonicClock.now()
        for turn in 0..<count {
            try source.send(1, to: [destination(turn)])
            usleep(UInt32(milliseconds * 1000))
        }
        return FanReport(seconds: Double(MonotonicClock.now() - begin) / 1e9, sent: count, stalls: 0)
    }

    private func load() throws -> FanReport {
        var source = try FanSource(size: size)
        var (turn, sent, answers, forgotten, stalls) = (0, 0, 0, 0, 0)
        let begin = MonotonicClock.now()
        let end = begin + UInt64(seconds * 1e9)
        while MonotonicClock.now() < end {
            answers += source.receiveAnswers()
            let answered = answers * FarEndNetwork.packetsPerAnswer + forgotten
            if sent - answered + Self.batch <= Self.window {
                let turns = Self.batch / inRow
                try source.send(inRow, to: (0..<turns).map { destination(turn + $0) })
                turn += turns
                sent += Self.batch
            } else if !source.waitForAnswer(Self.patienceNanoseconds) {
                stalls += 1
                forgotten += sent - answered
            }
        }
        return FanReport(seconds: Double(MonotonicClock.now() - begin) / 1e9, sent: sent, stalls: stalls)
    }
}

private struct FanSource: ~Copyable {
    private let socket: UDPSocket
    private let size: Int
    private let bytes: UnsafeMutableRawBufferPointer
    private var batch: SendBatch
    private var received = ReceiveBatch(capacity: 32, bufferByteCount: 2048)
    private var epoll: Epoll

    init(size: Int) throws {
        let socket = try UDPSocket.bind(to: SocketAddress(ipv4: 0, port: 0))
        let epoll = try Epoll(capacity: 1)
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        self.size = size
        batch = SendBatch(capacity: Fan.batch, forIPv6Socket: socket.isIPv6)
        bytes = .allocate(byteCount: max(size, 8) * Fan.batch, alignment: 8)
        bytes.initializeMemory(as: UInt8.self, repeating: 0x5a)
        self.socket = socket
        self.epoll = epoll
    }

    deinit {
        bytes.deallocate()
    }

    /// Sends a run of `run` datagrams to each destination.
    mutating func send(_ run: Int, to destinations: [SocketAddress]) throws {
        let now = MonotonicClock.now()
        for index in 0..<run { bytes.storeBytes(of: now, toByteOffset: index * size, as: UInt64.self) }
        let datagrams = UnsafeRawBufferPointer(rebasing: bytes[..<(run * size)])
        for destination in destinations { batch.append(run: datagrams, segmentByteCount: size, to: destination) }
        while true {
            let outcome = batch.flush(to: socket)
            if outcome.failed > 0 || outcome.refusedRun {
                throw Failure(
                    "the kernel refuses datagrams of \(size) bytes to \(destinations.first.map { "\($0)" } ?? "nobody")"
                )
            }
            guard outcome.remaining > 0 else { break }
            usleep(20)
        }
        batch.removeAll()
    }

    mutating func receiveAnswers() -> Int {
        var count = 0
        while received.fill(from: socket) > 0 { count += received.count }
        return count
    }

    /// Returns false if no answer arrived in time.
    mutating func waitForAnswer(_ nanoseconds: UInt64) -> Bool {
        epoll.wait(timeoutNanoseconds: nanoseconds) > 0
    }
}
