import ArgumentParser
import Foundation
import TunnelFigures

extension Contender: ExpressibleByArgument {}
extension Step: ExpressibleByArgument {}

/// Measures all contenders and writes the results.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure Sealane and other tunnels, round by round.",
        discussion: "Needs root. With all contenders it takes about 40 minutes.")

    @OptionGroup var options: RunOptions
    @Option(parsing: .upToNextOption, help: "Measure only these contenders.") var only: [Contender] = []
    @Option(parsing: .upToNextOption, help: "Perform only these measurements.") var steps: [Step] = []
    @Option(help: "Instead of --json: the file of an earlier run. The figures measured now replace those in the file.")
    var into: String?
    @Option(help: "The directory of sealaned and sealane built without a cipher.") var noCipherPrograms: String?

    func run() async throws {
        var measurements = try await Interruption.watch {
            try await Bench(
                contenders: contenders, rounds: options.roundCount,
                effort: Effort(seconds: options.secondsPerMeasurement, quick: options.quick),
                lab: Lab(programs: options.programs, noCipherPrograms: noCipherPrograms),
                steps: steps.isEmpty ? Step.allCases : steps
            ).run()
        }
        printTables(measurements)
        let hasFailed = measurements.contenders.contains { $0.failed }
        var json = options.json
        if let into {
            var whole = try Measurements.read(into)
            whole.replaceFigures(by: measurements)
            (measurements, json) = (whole, into)
        }
        if let json { try measurements.jsonFile.write(to: URL(filePath: json)) }
        if let markdown = options.markdown { try measurements.writePage(markdown, json: json) }
        if hasFailed { throw ExitCode.failure }
    }

    private var contenders: [Contender] {
        let wanted = only.isEmpty ? (options.quick ? Contender.core : Contender.allCases) : only
        guard !steps.isEmpty else { return wanted }
        return wanted.filter { !Step.steps(of: $0).allSatisfy { !steps.contains($0) } }
    }

    private func printTables(_ measurements: Measurements) {
        for group in Figure.Group.allCases {
            for mode in Mode.allCases {
                if let table = measurements.medians(group, mode) { print("\n\(table.plain)") }
            }
        }
        print("\n\(measurements.requirements.plain)")
    }
}
