import ArgumentParser
import SealaneConsole

struct PeerListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List all peers.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.peers()) { $0.text($1) }
    }
}
