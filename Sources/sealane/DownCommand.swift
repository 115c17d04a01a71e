import ArgumentParser
import SealaneConfiguration
import SealaneConsole

struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Remove what a stopped agent left behind. Packets to peers may then leave unencrypted.",
        discussion: """
            However an agent ends, it leaves routes that refuse packets to its peers, so that nothing leaves \
            unencrypted by accident. Use this command to take a host out of the fleet, not to restart its agent. It \
            removes the routes, the overlay filter, and the tunnel device if it is left, and prints where packets to \
            the peers go afterwards. It is safe to repeat. It removes nothing while the agent runs.

            Exit status: 0 nothing is left, 1 failure.
            """)

    @Option(
        help: ArgumentHelp(
            "The configuration of the stopped agent.", discussion: "Default: /etc/sealane/sealane.yaml.",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("The tunnel device, if the configuration no longer exists.", valueName: "name"))
    var interface: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if config != nil && interface != nil {
            throw ValidationError("--config and --interface both name the device; expected one of them")
        }
    }

    func run() async throws {
        let teardown: Teardown
        if let interface {
            teardown = Teardown(interface: interface, controlSocket: agent.client.socketPath)
        } else {
            teardown = Teardown(
                try ConfigurationDecoder.read(config ?? "/etc/sealane/sealane.yaml"), controlSocket: agent.namedSocket)
        }
        try output.print(await teardown.run()) { $0.text($1) }
    }
}
