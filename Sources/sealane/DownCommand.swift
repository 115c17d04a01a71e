import ArgumentParser
import SealaneConfiguration
import SealaneConsole

struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down",
        abstract: "Removes what a stopped agent left: packets to peers may leave in the clear from then on.",
        discussion: """
            An agent that ends, in whatever way, leaves routes that refuse packets to its peers. This command removes them, and \
            the tunnel device if it is still there, and says where such packets go now. It may be repeated. While the agent \
            runs, it removes nothing.
            Exit status: 0 nothing is left, 1 failure.
            """)

    @Option(
        help: ArgumentHelp(
            "The configuration of the agent.", discussion: "Default: /etc/sealane/sealane.yaml.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(help: ArgumentHelp("The tunnel device, where there is no configuration any more.", valueName: "name"))
    var interface: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if config != nil && interface != nil {
            throw ValidationError("--config and --interface name the same thing: give one of them")
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
