import ArgumentParser
import Foundation
import SealaneLinux
import SealaneTunnel

extension PublicKey: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// What the far ends have seen since they began, a line of JSON each time that it has changed.
struct FarEndsReport: Codable, Equatable {
    /// Sessions, and when the last of them was there, in nanoseconds of the monotonic clock.
    var established = 0
    var establishedAt: UInt64 = 0
    /// When the first initiation went out; 0: none did.
    var begunAt: UInt64 = 0
    /// Inner packets that came, and their bytes.
    var packets = 0
    var bytes = 0
    /// Far ends that have opened a packet, and seconds from its sending to its opening there.
    var reached = 0
    var delayP50 = 0.0
    var delayP99 = 0.0
}

/// Plays many hosts at once, all behind a TUN device of this one, until it is ended.
struct FarEnds: ParsableCommand {
    @Option(help: "How many.") var count: Int
    @Option(help: "The agent's public key.") var agentKey: PublicKey
    @Flag(help: "All ask for a session at once.") var initiate = false

    func validate() throws {
        guard (1...FarEndPlan.limit).contains(count) else {
            throw ValidationError("--count must be 1 to \(FarEndPlan.limit), not \(count)")
        }
    }

    func run() throws {
        var network = try FarEndNetwork(count: count, agentKey: agentKey)
        announceReadiness()
        if initiate { network.beginAll() }
        var told = FarEndsReport()
        var tellAt = MonotonicClock.now()
        while true {
            try network.turn()
            guard MonotonicClock.now() >= tellAt else { continue }
            tellAt = MonotonicClock.now() + 20_000_000
            let report = network.report
            guard report != told else { continue }
            told = report
            FileHandle.standardOutput.write(try JSONEncoder().encode(report) + Data("\n".utf8))
        }
    }
}
