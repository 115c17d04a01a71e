import ArgumentParser
import SealaneConsole

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check this host: one line for each thing that an agent needs.",
        discussion: """
            Run it before the first start of an agent, or when an agent does not start. It needs no agent and changes \
            nothing. Unless --control-socket names a socket, it asks the agent at the socket of the configuration.

            Exit status: 0 no problem (warnings do not count), 1 a problem.
            """)

    @Option(help: ArgumentHelp("The configuration to check.", valueName: "file"), completion: .file())
    var config = "/etc/sealane/sealane.yaml"

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = await Doctor(configurationPath: config, controlSocket: agent.namedSocket).examine()
        try output.print(report) { $0.text($1) }
        if report.hasProblem { throw ExitStatus.failure }
    }
}
