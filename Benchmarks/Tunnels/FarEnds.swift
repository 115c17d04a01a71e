import ArgumentParser
import Foundation
import SealaneLinux
import SealaneTunnel

/// The state of the far ends. The program prints it as a line of JSON after each change.
struct FarEndsReport: Codable, Equatable {
    /// The number of sessions, and the moment of the last one, in nanoseconds of the monotonic clock.
    var established = 0
    var establishedAt: UInt64 = 0
    /// When the first initiation left; 0: no initiation has left.
    var begunAt: UInt64 = 0
    /// Inner packets that arrived, and their bytes.
    var packets = 0
    var bytes = 0
    /// Far ends that have opened a packet, and the seconds from sending to opening it.
    var reached = 0
    var delayP50 = 0.0
    var delayP99 = 0.0
}

/// Simulates many hosts behind a TUN device of this host, until a signal ends it.
struct FarEnds: ParsableCommand {
    @Option(help: "The number of hosts.") var count: Int
    @Option(help: "The agent's public key.", transform: Self.publicKey) var agentKey: PublicKey
    @Flag(help: "Every host starts a handshake immediately.") var initiate = false

    private static func publicKey(_ text: String) throws -> PublicKey {
        guard let key = PublicKey(text) else { throw ValidationError("\(text) is not a public key") }
        return key
    }

    func validate() throws {
        guard (1...FarEndPlan.limit).contains(count) else {
            throw ValidationError("--count must be 1 to \(FarEndPlan.limit), not \(count)")
        }
    }

    func run() throws {
        var network = try FarEndNetwork(count: count, agentKey: agentKey)
        announceReadiness()
        if initiate { network.beginAll() }
        var printed = FarEndsReport()
        var nextAt = MonotonicClock.now()
        while true {
            try network.turn()
            guard MonotonicClock.now() >= nextAt else { continue }
            nextAt = MonotonicClock.now() + 20_000_000
            let report = network.report
            guard report != printed else { continue }
            printed = report
            FileHandle.standardOutput.write(try JSONEncoder().encode(report) + Data("\n".utf8))
        }
    }
}
