import ArgumentParser
import SealaneConsole
import SealaneControl

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the agent and its peers.",
        discussion: "This is also what sealane without a subcommand does.")

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let status = try await agent.client.status()
        let peers = output.json ? nil : try await agent.client.peers().report
        try output.print(status) { $0.text($1, peers: peers ?? PeerListReport(peers: [])) }
    }
}
