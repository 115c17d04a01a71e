import ArgumentParser
import SealaneConsole

struct PeerRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Removes a peer that was added by hand; its session ends at once.")

    @Argument(help: "The peer's name.")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.removePeer(named: name)) { $0.text($1) }
    }
}
