import SealaneFigures
import SealanePacket
import Subprocess

/// One transfer, as iperf3 gets it on its command line.
package struct IPerfTransfer: Equatable, Sendable {
    package enum Length: Equatable, Sendable {
        case seconds(Int)
        case bytes(UInt64)
        case datagrams(Int)
    }

    package let streams: Int
    package let direction: TCPTest.Direction
    package let length: Length
    /// The payload of each datagram; nil for TCP.
    package let datagramByteCount: Int?
    /// The rate of UDP payload; nil for as fast as possible.
    package let bitsPerSecond: Double?

    package init(
        streams: Int = 1, direction: TCPTest.Direction = .toServer, length: Length, datagramByteCount: Int? = nil,
        bitsPerSecond: Double? = nil
    ) {
        self.streams = streams
        self.direction = direction
        self.length = length
        self.datagramByteCount = datagramByteCount
        self.bitsPerSecond = bitsPerSecond
    }

    package var arguments: [String] {
        var arguments = ["-P", "\(streams)"]
        if direction == .toClient { arguments.append("-R") }
        switch length {
        case .seconds(let seconds): arguments += ["-t", "\(seconds)"]
        case .bytes(let bytes): arguments += ["-n", "\(bytes)"]
        case .datagrams(let count): arguments += ["-k", "\(count)"]
        }
        if let datagramByteCount {
            arguments += ["-u", "-l", "\(datagramByteCount)", "-b", "\(UInt64(bitsPerSecond ?? 0))"]
        }
        return arguments
    }
}

/// Runs iperf3 as a client.
enum IPerfClient {
    private static var outputByteLimit: Int { 32 << 20 }

    /// - Parameter seconds: if iperf3 takes longer, it is ended and the call throws.
    static func run(
        _ transfer: IPerfTransfer, to address: IPAddress, port: Int, within seconds: Int
    ) async throws -> IPerfResult {
        let arguments = ["-J", "-c", "\(address)", "-p", "\(port)", "--connect-timeout", "3000"] + transfer.arguments
        let ended = try await Subprocess.run(
            .name("timeout"), arguments: IPerfProgram.arguments(arguments, within: seconds),
            environment: IPerfProgram.environment, platformOptions: IPerfProgram.platformOptions,
            output: .bytes(limit: outputByteLimit), error: .string(limit: 1 << 16))
        try Task.checkCancellation()
        // timeout(1) exits with 124 if the time ran out.
        if ended.terminationStatus == .exited(124) {
            throw BenchError("iperf3 to \(address) did not end within \(seconds) s")
        }
        if ended.standardOutput.isEmpty {
            throw BenchError("iperf3 to \(address) printed no report: \(BenchText.quoted(ended.standardError))")
        }
        return try IPerfResult(json: ended.standardOutput)
    }
}
