import Foundation
import Glibc
import TestSupport

/// The result of one run of iperf3.
package struct IPerf: Sendable {
    package struct Interval: Sendable {
        package let seconds: Double
        package let bitsPerSecond: Double
    }

    /// Measured by the receiver.
    package let bitsPerSecond: Double
    package let receivedByteCount: Double
    package let lostPackets: Int
    package let packets: Int
    package let intervals: [Interval]

    /// Runs the client on host `client` against a server on host `server` at `address`, for as long as the arguments
    /// say.
    package static func run(
        on network: Network, from client: Int, to server: Int, at address: String, _ arguments: [String]
    ) async throws -> IPerf {
        let service = try network.start(server, ["iperf3", "-s", "-1", "-B", address, "-p", "5300"])
        defer { service.send(SIGKILL) }
        try await eventually("iperf3 listens on \(address): \(service.output)") {
            try await network.run(server, "ss", "-Hltn", "sport = :5300").output.contains(":5300")
        }
        let result = try await network.run(client, ["iperf3", "-J", "-c", address, "-p", "5300"] + arguments)
        return try IPerf(json: Data(result.success.utf8))
    }

    /// - Parameter json: the output of `iperf3 -J`.
    package init(json: Data) throws {
        struct Answer: Decodable {
            struct Sum: Decodable {
                let bits_per_second: Double
                let bytes: Double
                let lost_packets: Int?
                let packets: Int?
                let seconds: Double
            }
            struct End: Decodable {
                let sum_received: Sum?
                let sum: Sum?
            }
            struct Interval: Decodable {
                let sum: Sum
            }
            let end: End
            let intervals: [Interval]
        }
        let answer = try JSONDecoder().decode(Answer.self, from: json)
        guard let sum = answer.end.sum ?? answer.end.sum_received else {
            throw Failure("the report of iperf3 has neither end.sum nor end.sum_received")
        }
        bitsPerSecond = (answer.end.sum_received ?? sum).bits_per_second
        receivedByteCount = (answer.end.sum_received ?? sum).bytes
        lostPackets = sum.lost_packets ?? 0
        packets = sum.packets ?? 0
        intervals = answer.intervals.map { Interval(seconds: $0.sum.seconds, bitsPerSecond: $0.sum.bits_per_second) }
    }
}
