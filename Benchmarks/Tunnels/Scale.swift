import ArgumentParser
import Foundation
import Glibc
import NetworkLab
import TestSupport
import TunnelFigures

extension Mode: ExpressibleByArgument {}
extension Curve: ExpressibleByArgument {}

/// Measures how Sealane scales and writes the results.
struct Scale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure Sealane along curves: lanes, streams, sizes, peers.",
        discussion: "Needs root. A round with all curves takes about 4 minutes.")

    @OptionGroup var options: RunOptions
    @Option(parsing: .upToNextOption, help: "Measure only these curves.") var only: [Curve] = []
    @Option(help: "How the underlay carries UDP. The mode wire is that of EC2.") var mode = Mode.wire

    func run() async throws {
        let measurements = try await Interruption.watch {
            try await ScaleBench(
                scenarios: Scenario.all(
                    quick: options.quick, only: only.isEmpty ? Set(Curve.allCases) : Set(only)),
                rounds: options.roundCount, seconds: options.secondsPerMeasurement, isQuick: options.quick, mode: mode,
                lab: Lab(programs: options.programs, noCipherPrograms: nil)
            ).run()
        }
        if let json = options.json { try measurements.jsonFile.write(to: URL(filePath: json)) }
        if let markdown = options.markdown { try measurements.writePage(markdown, json: options.json) }
        for curve in Curve.allCases {
            if let table = ScalePage.table(measurements, curve) { print("\n\(table.plain)") }
        }
        if !measurements.failures.isEmpty { throw ExitCode.failure }
    }
}
