import ArgumentParser
import SealaneBench
import SealaneControl
import SealaneFigures
import SealaneLinux
import SealanePacket

struct BenchRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measure the path to a serving host, with and without the tunnel in turn.",
        discussion: """
              sealane bench run --peer NAME
              sealane bench run 10.0.0.2 --tunnel 100.64.0.2 --html report.html

            Start sealane bench serve on the other host first. A run takes about three minutes; with --quick about 20 \
            seconds, with --full about 20 minutes. Ctrl-C ends it early and prints a report of the finished rounds.

            Exit status: 0 done, 1 failure, 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("The host's name or address outside the tunnel.", valueName: "host"))
    var host: String?

    @Option(
        help: ArgumentHelp("The host's address in the tunnel.", valueName: "address"),
        transform: BenchServeCommand.address)
    var tunnel: IPAddress?

    @Option(help: ArgumentHelp("Take both addresses from this peer of the agent.", valueName: "name"))
    var peer: String?

    @Option(help: ArgumentHelp("The control port of the server.", valueName: "port"))
    var port = BenchService.defaultPort

    @Flag(help: "Measure briefly; the figures are coarse.")
    var quick = false

    @Flag(help: "Measure more rounds, with longer transfers.")
    var full = false

    @Option(
        help: ArgumentHelp("Also write the report to this file, as one self-contained page.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var html: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if quick && full { throw ValidationError("--quick and --full exclude each other") }
        if peer != nil {
            if host != nil { throw ValidationError("a host and --peer exclude each other") }
        } else {
            guard host != nil, tunnel != nil else {
                throw ValidationError("expected a host and --tunnel ADDRESS, or --peer NAME")
            }
        }
    }

    func run() async throws {
        let (host, tunnel) = try await addresses()
        let run = try BenchRun(
            host: host, port: port, tunnel: tunnel, effort: quick ? .quick : full ? .full : .normal,
            version: Release.version, agent: agent.lookup)
        let isShown = StandardError.isTerminal
        let report: BenchReport
        let end: BenchRun.End
        do {
            (report, end) = try await Interruption.cancels {
                defer { if isShown { StandardError.write("\r\u{1B}[K") } }
                return try await run.measure { progress in
                    if isShown { StandardError.write("\r\u{1B}[K\(progress.line(width: 79))") }
                }
            }
        } catch is CancellationError {
            StandardError.write("sealane: interrupted before anything was measured\n")
            throw ExitStatus.interrupted
        }
        // Print first: if the file cannot be written, the report of a long run is not lost.
        try output.print(report) { report, _ in report.text }
        if let html { try OutputFile.write(html, Array(BenchPage(report).html.utf8)) }
        switch end {
        case .done: break
        case .cancelled: throw ExitStatus.interrupted
        case .serverLost:
            StandardError.write("sealane: lost the server; the report covers the measurements until then\n")
            throw ExitStatus.failure
        }
    }

    private func addresses() async throws -> (host: String, tunnel: IPAddress) {
        if let host, let tunnel { return (host, tunnel) }
        guard let peer else { throw ValidationError("expected a host and --tunnel ADDRESS, or --peer NAME") }
        let report = try await agent.client.peer(named: peer).report
        guard let endpoint = Endpoint(report.endpoint), let address = tunnel ?? report.tunnelAddress else {
            throw ValidationError(
                "peer \(peer) has no overlay address of its own, only networks; name one with --tunnel")
        }
        return ("\(endpoint.address)", address)
    }
}
