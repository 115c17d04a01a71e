import ArgumentParser
import TunnelFigures

@main
struct TunnelBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel-bench",
        abstract: "Measure Sealane beside other tunnels, between two network namespaces that it makes. Needs root.",
        subcommands: [
            Run.self, Render<Measurements>.self, Check.self, Scale.self, Render<ScaleMeasurements>.self, Load.self,
        ],
        defaultSubcommand: Run.self)
}

/// The programs that the benchmark runs inside its namespaces.
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a load generator; the benchmark does this itself.", shouldDisplay: false,
        subcommands: [
            Sink.self, Blast.self, Runs.self, Echo.self, RoundTrips.self, FarEnds.self, Fan.self,
        ])
}
