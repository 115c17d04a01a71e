import ArgumentParser
import Dispatch
import Foundation
import Glibc
import NetworkLab
import TunnelFigures
import TestSupport

extension Contender: ExpressibleByArgument {}

/// Measures, and writes what was found.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measures all contenders, in rounds.")

    @Option(help: "How often each contender is measured in each mode.") var rounds: Int?
    @Option(help: "Seconds of one measurement.") var seconds: Double?
    @Flag(help: "A short look: few contenders, one round.") var quick = false
    @Option(parsing: .upToNextOption, help: "Only these contenders.") var only: [Contender] = []
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
        guard geteuid() == 0 else {
            throw Failure("network namespaces that have names need root: run this with sudo")
        }
        let work = Task {
            try await Bench(
                contenders: only.isEmpty ? (quick ? Contender.core : Contender.allCases) : only,
                rounds: rounds ?? (quick ? 1 : 5), effort: Effort(seconds: seconds ?? 1, quick: quick),
                lab: Lab(programs: programs, noCipherPrograms: noCipherPrograms)
            ).run()
        }
        // Whatever ends the run, namespaces and programs are to go: a cancelled task ends what it waits for.
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { work.cancel() }
            source.resume()
            return source
        }
        let result = await work.result
        for source in sources { source.cancel() }
        if work.isCancelled {
            FileHandle.standardError.write(Data("interrupted\n".utf8))
            throw ExitCode(130)
        }
        let measurements = try result.get()
        if let json { try measurements.json.write(to: URL(filePath: json)) }
        if let markdown { try Render.write(measurements, json: json, markdown: markdown) }
        printTables(measurements)
        if measurements.contenders.contains(where: { $0.failed }) { throw ExitCode.failure }
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

extension Measurements {
    fileprivate var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self) + Data("\n".utf8)
        }
    }
}
