import ArgumentParser
import SealaneConsole

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks this host: a line for each thing an agent needs.",
        discussion: """
            Needs no agent, and changes nothing. If no control socket is named, the configuration's is asked.
            Exit status: 0 no problem (a warning is none), 1 a problem.
            """)

    @Option(help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file())
    var config = "/etc/sealane/sealane.yaml"

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = await Doctor(configurationPath: config, controlSocket: agent.namedSocket).examine()
        try output.print(report) { $0.text($1) }
        if report.hasProblem { throw ExitStatus.failure }
    }
}
