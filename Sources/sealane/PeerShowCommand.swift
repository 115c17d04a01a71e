import ArgumentParser
import SealaneConsole

struct PeerShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one peer: its session, its facts, and why it is refused, if it is.")

    @Argument(help: "The peer's name.")
    var name: String

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.peer(named: name)) { $0.text($1) }
    }
}
