import Foundation
import Testing

/// What one run of iperf3 measured.
struct IPerf {
    struct Interval {
        let seconds: Double
        let bitsPerSecond: Double
    }

    let bitsPerSecond: Double
    let lostPackets: Int
    let packets: Int
    let intervals: [Interval]

    /// Runs the client on `client` against a server on `server` at `address`, for as long as the arguments say.
    static func run(
        from client: Host, to server: Host, at address: String, _ arguments: String...
    ) async throws -> IPerf {
        let service = try server.start("iperf3", "-s", "-1", "-B", address, "-p", "5300")
        defer { service.send(SIGKILL) }
        try await eventually("iperf3 listens on \(address)") {
            try await server.run("ss", "-Hltn", "sport = :5300").output.contains(":5300")
        }
        let result = try await client.run(["iperf3", "-J", "-c", address, "-p", "5300"] + arguments)
        try #require(result.status == 0, "\(result)")
        return try IPerf(json: Data(result.output.utf8))
    }

    init(json: Data) throws {
        struct Answer: Decodable {
            struct Sum: Decodable {
                let bits_per_second: Double
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
        let sum = try #require(answer.end.sum ?? answer.end.sum_received)
        bitsPerSecond = (answer.end.sum_received ?? sum).bits_per_second
        lostPackets = sum.lost_packets ?? 0
        packets = sum.packets ?? 0
        intervals = answer.intervals.map { Interval(seconds: $0.sum.seconds, bitsPerSecond: $0.sum.bits_per_second) }
    }
}
