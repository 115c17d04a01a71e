import ArgumentParser
import Foundation
import Glibc
import NetworkLab
import TestSupport
import TunnelFigures

extension Mode: ExpressibleByArgument {}

/// Measures how Sealane scales, and writes what was found.
struct Scale: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures Sealane along curves: lanes, streams, sizes, peers.",
        discussion: "Needs root. With all of it a round takes about 4 minutes.")

    @Option(help: "How often each point is measured.") var rounds: Int?
    @Option(help: "Seconds of one measurement.") var seconds: Double?
    @Flag(help: "A short look: few points, one round.") var quick = false
    @Option(parsing: .upToNextOption, help: "Only these curves.") var only: [Curve] = []
    @Option(help: "How the underlay carries UDP; wire is as EC2 does.") var mode = Mode.wire
    @Option(help: "The folder of sealaned and sealane; else the one of this program.") var programs: String?
    @Option(help: "Write the figures to this file.") var json: String?
    @Option(help: "Write the page to this file, and its chart beside it.") var markdown: String?

    func validate() throws {
        if let rounds, rounds < 1 { throw ValidationError("--rounds must be 1 or more, not \(rounds)") }
        if let seconds, !(0.5...60).contains(seconds) {
            throw ValidationError("--seconds must be 0.5 to 60, not \(seconds)")
        }
    }

    func run() async throws {
        let measurements = try await Interruption.watch {
            try await ScaleBench(
                scenarios: Scenario.all(quick: quick, only: only.isEmpty ? Set(Curve.allCases) : Set(only)),
                rounds: rounds ?? (quick ? 1 : 5), seconds: seconds ?? 1, isQuick: quick, mode: mode,
                lab: Lab(programs: programs, noCipherPrograms: nil)
            ).run()
        }
        if let json { try measurements.jsonFile.write(to: URL(filePath: json)) }
        if let markdown { try measurements.write(json: json, markdown: markdown) }
        for curve in Curve.allCases {
            if let table = ScalePage.table(measurements, curve) { print("\n\(table.plain)") }
        }
        if !measurements.failures.isEmpty { throw ExitCode.failure }
    }
}

extension Curve: ExpressibleByArgument {}
