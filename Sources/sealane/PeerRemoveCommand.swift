import ArgumentParser
import SealaneConsole

struct PeerRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a peer that was added with peer add. Its session ends at once.")

    @Argument(help: "The peer's name.")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.removePeer(named: name)) { $0.text($1) }
    }
}
