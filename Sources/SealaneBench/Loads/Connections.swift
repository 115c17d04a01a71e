import SealaneFigures
import SealaneLinux
import SealanePacket

/// Connects to a listener repeatedly.
struct Connections: Sendable {
    let address: IPAddress
    let port: Int
    let count: Int

    private static var timeoutMilliseconds: Int32 { 1000 }

    func measure() async throws -> ConnectionTest.Sample {
        let destination = SocketAddress(address, port: UInt16(clamping: port))
        let times = try await LinuxThread.result(name: "bench-connect") {
            try (0..<count).map { _ in
                let nanoseconds = try ConnectionSetup.nanoseconds(
                    to: destination, timeoutMilliseconds: Self.timeoutMilliseconds)
                return Double(nanoseconds) / 1e9
            }
        }
        guard let spread = Spread(times) else { throw BenchError("no connections to measure; expected at least one") }
        return ConnectionTest.Sample(
            p50Seconds: spread.median, p99Seconds: spread.percentile(0.99), count: times.count)
    }
}
