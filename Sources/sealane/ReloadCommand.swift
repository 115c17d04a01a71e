import ArgumentParser
import SealaneConsole

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Has the agent read its configuration again: all of it applies, or nothing.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.reload()) { $0.text($1) }
    }
}
