import ArgumentParser
import Foundation
import SealaneFigures
import TestSupport
import TunnelFigures

/// Measures a few ratios anew and compares them with the committed ones.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compares ratios of throughput and cost with those of a committed run.",
        discussion: """
            \(RatioCheck.explanation)

            Exit status: 0 all hold; 1 one is worse past its bound, or a contender failed; 2 neither, but not all could be told.
            """)

    @Argument(help: "The JSON file of the committed run.")
    var committed: String

    @Option(help: "How often each contender is measured in each mode.") var rounds = 7
    @Option(help: "Seconds of one measurement.") var seconds = 2.0
    @Option(help: "The folder of sealaned and sealane; else the one of this program.") var programs: String?
    @Option(help: "The folder of sealaned and sealane built without a cipher.") var noCipherPrograms: String

    func validate() throws {
        guard rounds >= RatioCheck.leastSampleCount else {
            throw ValidationError("--rounds must be \(RatioCheck.leastSampleCount) or more, not \(rounds)")
        }
    }

    func run() async throws {
        let data = try Data(contentsOf: URL(filePath: committed))
        try SchemaVersion.require(Measurements.schemaVersion, in: data, committed)
        let before = try JSONDecoder().decode(Measurements.self, from: data)
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
                The committed run is of another machine (\(before.machine.cpu), \(before.machine.cores) cores): ratios may \
                differ for that alone.
                """)
        }
        if load > 0.5 * Double(now.machine.cores) {
            print(
                """
                The machine was busy before the check began (load \(Digits.significant(load)) on \(now.machine.cores) cores): a \
                loss may be its. Look again when it is idle.
                """)
        }
        let conclusion = RatioCheck.conclusion(checks, of: now)
        print(conclusion.lines.joined(separator: "\n"))
        throw ExitCode(conclusion.status)
    }
}
