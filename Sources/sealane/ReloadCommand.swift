import ArgumentParser
import SealaneConsole

struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Make the agent read its configuration again. Either all of it applies, or nothing.",
        discussion: """
            Sessions of unchanged peers go on. If the new configuration has a problem, the command prints all \
            problems and the agent keeps the old configuration. Options that need a restart are named.
            """)

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try output.print(await agent.client.reload()) { $0.text($1) }
    }
}
