import ArgumentParser

@main
struct TunnelBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnel-bench",
        abstract: "Measures Sealane beside other tunnels, between two network namespaces that it makes. Needs root.",
        subcommands: [Run.self, Render.self, Check.self, Scale.self, RenderScale.self, Load.self],
        defaultSubcommand: Run.self)
}

/// What the benchmark runs inside its namespaces.
struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The load generators; the benchmark runs them by itself.", shouldDisplay: false,
        subcommands: [
            Sink.self, Blast.self, Runs.self, Echo.self, RoundTrips.self, FarEnds.self, Fan.self,
        ])
}
