import ArgumentParser
import SealaneBench
import SealaneControl
import SealaneFigures
import SealaneLinux
import SealanePacket

struct BenchRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Measures the way to a host that serves, plain and through the tunnel, in turn.",
        discussion: """
            About three minutes; --quick about 20 seconds, --full about 20 minutes. Ctrl-C ends it early, and what was measured
            is reported. Exit status: 0 done, 1 failure, 130 interrupted.
            """)

    @Argument(help: ArgumentHelp("The host's name or address outside of the tunnel.", valueName: "host"))
    var host: String?

    @Option(
        help: ArgumentHelp("The host's address in the tunnel.", valueName: "address"),
        transform: BenchServeCommand.address)
    var tunnel: IPAddress?

    @Option(help: ArgumentHelp("The agent's peer whose addresses are used.", valueName: "name"))
    var peer: String?

    @Option(help: ArgumentHelp("The server's control port.", valueName: "port"))
    var port = BenchService.defaultPort

    @Flag(help: "A short look.")
    var quick = false

    @Flag(help: "More rounds of longer transfers.")
    var full = false

    @Option(
        help: ArgumentHelp("Write the report to this file as well, as one self-contained page.", valueName: "file"),
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
        // First what needs no file: a path that cannot be written does not lose twenty minutes.
        try output.print(report) { report, _ in report.text }
        if let html { try OutputFile.write(html, Array(BenchPage(report).html.utf8)) }
        switch end {
        case .done: break
        case .cancelled: throw ExitStatus.interrupted
        case .serverLost:
            StandardError.write("sealane: the server was lost; the report is of what was measured until then\n")
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
