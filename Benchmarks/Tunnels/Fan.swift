import ArgumentParser
import Foundation
import Glibc
import SealaneLinux
import TestSupport

/// What `Fan` did.
struct FanReport: Codable {
    let seconds: Double
    let sent: Int
    /// How often nothing came back for a while, so that what was on its way was taken for lost.
    let stalls: Int
}

/// Sends UDP datagrams to many far ends in turn, as many as they take: one of `FarEndNetwork.packetsPerAnswer` comes back,
/// and never more than a window is on its way. The first 8 bytes of each say when it was sent.
struct Fan: ParsableCommand {
    @Option(help: "Far ends.") var count: Int
    @Option(help: "Bytes of a datagram's payload.") var size: Int
    @Option(help: "Datagrams for one far end in a row: 1, or as many as are sent at once.") var inRow = 1
    @Option(help: "How long.") var seconds = 1.0
    @Option(help: "One datagram for each far end instead, so many milliseconds apart.") var apart: Double?

    /// Datagrams that are sent at once.
    static let batch = FarEndNetwork.packetsPerAnswer
    /// Datagrams on their way: a queue of a TUN device holds 500.
    private static let window = 14 * batch
    private static let patienceNanoseconds: UInt64 = 20_000_000

    func validate() throws {
        guard inRow == 1 || inRow == Self.batch else {
            throw ValidationError("--in-row must be 1 or \(Self.batch), not \(inRow)")
        }
    }

    func run() throws {
        let report = try apart.map { try introduce(apart: $0) } ?? load()
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }

    private func destination(_ turn: Int) -> SocketAddress {
        SocketAddress(ipv4: FarEndPlan(number: 1 + turn % count).address.ipv4 ?? 0, port: 5400)
    }

    private func introduce(apart milliseconds: Double) throws -> FanReport {
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
            answers += source.takeAnswers()
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

    /// A run of so many datagrams to each of the destinations.
    mutating func send(_ run: Int, to destinations: [SocketAddress]) throws {
        let now = MonotonicClock.now()
        for index in 0..<run { bytes.storeBytes(of: now, toByteOffset: index * size, as: UInt64.self) }
        let datagrams = UnsafeRawBufferPointer(rebasing: bytes[..<(run * size)])
        for destination in destinations { batch.append(run: datagrams, segmentByteCount: size, to: destination) }
        while true {
            let outcome = batch.flush(to: socket)
            if outcome.failed > 0 || outcome.refusedRun {
                throw Failure(
                    "datagrams of \(size) bytes to \(destinations.first.map { "\($0)" } ?? "nobody") are refused")
            }
            guard outcome.remaining > 0 else { break }
            usleep(20)
        }
        batch.removeAll()
    }

    mutating func takeAnswers() -> Int {
        var count = 0
        while received.fill(from: socket) > 0 { count += received.count }
        return count
    }

    /// False: none has come for so long.
    mutating func waitForAnswer(_ nanoseconds: UInt64) -> Bool {
        epoll.wait(timeoutNanoseconds: nanoseconds) > 0
    }
}
