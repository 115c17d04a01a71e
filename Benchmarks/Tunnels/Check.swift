import ArgumentParser
import Foundation
import SealaneFigures
import TestSupport
import TunnelFigures

/// Measures a few ratios again and compares them with the committed ones.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare ratios of throughput and cost with those of a committed run.",
        discussion: """
            Use it after a change to see whether Sealane became slower. It takes about five minutes.

            \(RatioCheck.explanation)

            Exit status: 0 all ratios hold; 1 a ratio is worse than its bound or a contender failed; 2 some results are
            missing or too noisy.
            """)

    @Argument(help: "The JSON file of the committed run.")
    var committed: String

    @Option(help: "The number of rounds.") var rounds = 7
    @Option(help: "Seconds of one measurement.") var seconds = 2.0
    @Option(help: "The directory of sealaned and sealane. Default: that of this program.") var programs: String?
    @Option(help: "The directory of sealaned and sealane built without a cipher.") var noCipherPrograms: String

    func validate() throws {
        guard rounds >= RatioCheck.leastSampleCount else {
            throw ValidationError("--rounds must be \(RatioCheck.leastSampleCount) or more, not \(rounds)")
        }
    }

    func run() async throws {
        let before = try Measurements.read(committed)
        let load = try Processors.loadAverage()
        let now = try await Interruption.watch {
            try await Bench(
                contenders: RatioCheck.contenders, rounds: rounds, effort: Effort(seconds: seconds, quick: true),
                lab: Lab(programs: programs, noCipherPrograms: noCipherPrograms), steps: [.tcp1]
            ).run()
        }
        let checks = RatioCheck.compare(now, with: before)
        print("\n\(RatioCheck.table(checks).plain)\n\n\(RatioCheck.explanation)")
        if before.machine.cpu != now.machine.cpu || before.machine.cores != now.machine.cores {
            print(
                """
                The committed run is from another machine (\(before.machine.cpu), \(before.machine.cores) cores). \
                Ratios may differ for that reason alone.
                """)
        }
        if load > 0.5 * Double(now.machine.cores) {
            print(
                """
                The machine was busy before the check began (load \(Digits.significant(load)) on \(now.machine.cores) \
                cores). A regression may be due to that: check again when the machine is idle.
                """)
        }
        let conclusion = RatioCheck.conclusion(checks, of: now)
        print(conclusion.lines.joined(separator: "\n"))
        throw ExitCode(conclusion.status)
    }
}
