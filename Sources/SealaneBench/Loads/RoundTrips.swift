import SealaneFigures
import SealaneLinux
import SealanePacket
import Synchronization

/// Sends 64 bytes to an echo server and waits for them, repeatedly.
struct RoundTrips: Sendable {
    let address: IPAddress
    let port: Int
    let nanoseconds: UInt64

    private static var byteCount: Int { 64 }
    /// Unmeasured round trips at the start, for a quarter of the time at most: the first ones take longer.
    private static var warmUpCount: Int { 50 }
    /// The time is doubled if fewer round trips than this were measured.
    private static var wantedCount: Int { 50 }
    /// After this time a datagram counts as lost.
    private static var patienceNanoseconds: UInt64 { 200_000_000 }
    private static var sampleLimit: Int { 1_000_000 }

    /// Ends early when the task is cancelled.
    func measure() async throws -> RoundTripTest.Sample {
        let isCancelled = Cancellation()
        return try await withTaskCancellationHandler {
            try await LinuxThread.result(name: "bench-rtt") { try run(isCancelled) }
        } onCancel: {
            isCancelled.cancel()
        }
    }

    private func run(_ cancellation: Cancellation) throws -> RoundTripTest.Sample {
        let destination = SocketAddress(address, port: UInt16(clamping: port))
        let any = address.isIPv4 ? SocketAddress(ipv4: 0, port: 0) : SocketAddress(high: 0, low: 0, port: 0)
        let socket = try UDPSocket.bind(to: any)
        var epoll = try Epoll(capacity: 1)
        try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
        var batch = SendBatch(capacity: 1, forIPv6Socket: socket.isIPv6)
        var received = ReceiveBatch(capacity: 4, bufferByteCount: 2048)
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.byteCount, alignment: 8)
        defer { bytes.deallocate() }
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        var samples: [Double] = []
        var lost = 0
        var number: UInt64 = 0
        /// Returns nil if the datagram is lost.
        func roundTrip() -> Double? {
            number += 1
            bytes.storeBytes(of: number, as: UInt64.self)
            let begin = MonotonicClock.now()
            batch.append(UnsafeRawBufferPointer(bytes), to: destination)
            _ = batch.flush(to: socket)
            batch.removeAll()
            let back = Self.wait(for: number, since: begin, socket, &epoll, &received)
            return back.map { Double($0 - begin) / 1e9 }
        }
        let warm = MonotonicClock.now() + nanoseconds / 4
        while number < Self.warmUpCount, MonotonicClock.now() < warm, !cancellation.isCancelled { _ = roundTrip() }
        let begin = MonotonicClock.now()
        while samples.count < Self.sampleLimit, !cancellation.isCancelled {
            let elapsed = MonotonicClock.now() - begin
            guard elapsed < (samples.count < Self.wantedCount ? 2 * nanoseconds : nanoseconds) else { break }
            if let seconds = roundTrip() { samples.append(seconds) } else { lost += 1 }
        }
        guard let spread = Spread(samples) else {
            throw BenchError("no echo from \(destination) came back; is UDP port \(port) open between the hosts?")
        }
        return RoundTripTest.Sample(
            p50Seconds: spread.median, p99Seconds: spread.percentile(0.99), p999Seconds: spread.percentile(0.999),
            count: samples.count, lost: lost)
    }

    /// The time at which datagram `number` came back; nil if it did not come in time. Late datagrams of before are
    /// ignored.
    private static func wait(
        for number: UInt64, since begin: UInt64, _ socket: borrowing UDPSocket, _ epoll: inout Epoll,
        _ received: inout ReceiveBatch
    ) -> UInt64? {
        while true {
            if received.fill(from: socket) > 0 {
                let now = MonotonicClock.now()
                for index in 0..<received.count {
                    let answer = received.datagram(at: index)
                    if answer.count == byteCount, answer.load(as: UInt64.self) == number { return now }
                }
                continue
            }
            let waited = MonotonicClock.now() - begin
            guard waited < patienceNanoseconds else { return nil }
            _ = epoll.wait(timeoutNanoseconds: patienceNanoseconds - waited)
        }
    }
}

/// Asks a thread to stop because nobody waits for its result.
private final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func cancel() { flag.store(true, ordering: .relaxed) }
}
