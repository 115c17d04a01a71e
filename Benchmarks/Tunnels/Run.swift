import ArgumentParser
import Foundation
import TunnelFigures

extension Contender: ExpressibleByArgument {}
extension Step: ExpressibleByArgument {}

/// Measures, and writes what was found.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measures all contenders, in rounds.")

    @Option(help: "How often each contender is measured in each mode.") var rounds: Int?
    @Option(help: "Seconds of one measurement.") var seconds: Double?
    @Flag(help: "A short look: few contenders, one round.") var quick = false
    @Option(parsing: .upToNextOption, help: "Only these contenders.") var only: [Contender] = []
    @Option(parsing: .upToNextOption, help: "Only these measurements.") var steps: [Step] = []
    @Option(help: "Instead of --json: the file of an earlier run, whose figures are replaced by those measured now.")
    var into: String?
    @Option(help: "The folder of sealaned and sealane; else the one of this program.") var programs: String?
    @Option(help: "The folder of sealaned and sealane built without a cipher.") var noCipherPrograms: String?
    @Option(help: "Write the figures to this file.") var json: String?
    @Option(help: "Write the page to this file, and its chart beside it.") var markdown: String?

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
        if let seconds, !(0.5...60).contains(seconds) {
            throw ValidationError("--seconds must be 0.5 to 60, not \(seconds)")
        }
    }

    func run() async throws {
        var measurements = try await Interruption.watch {
            try await Bench(
                contenders: contenders,
                rounds: rounds ?? (quick ? 1 : 5), effort: Effort(seconds: seconds ?? 1, quick: quick),
                lab: Lab(programs: programs, noCipherPrograms: noCipherPrograms),
                steps: steps.isEmpty ? Step.allCases : steps
            ).run()
        }
        printTables(measurements)
        let hasFailed = measurements.contenders.contains { $0.failed }
        var json = json
        if let into {
            var whole = try Render.read(into)
            whole.replaceFigures(by: measurements)
            (measurements, json) = (whole, into)
        }
        if let json { try measurements.jsonFile.write(to: URL(filePath: json)) }
        if let markdown { try Render.write(measurements, json: json, markdown: markdown) }
        if hasFailed { throw ExitCode.failure }
    }

    private var contenders: [Contender] {
        let wanted = only.isEmpty ? (quick ? Contender.core : Contender.allCases) : only
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
