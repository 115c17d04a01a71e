import ArgumentParser
import SealaneConsole
import SealanePacket

struct PeerCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Asks whether a peer is eligible now; exit status 3 if it is refused, 5 if it is not judged yet.",
        discussion: """
            A peer is eligible if nothing speaks against it and every rule had what it needs: its handshake, its certificate \
            where the policy wants one, and each path witness that may refuse. Until then it is unjudged.
            """)

    @Argument(help: "The peer's name.")
    var name: String

    @Option(help: ArgumentHelp("Also ask whether packets of the peer may come from here.", valueName: "address"))
    var source: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard let source, IPAddress(source) == nil else { return }
        throw ValidationError("--source: \"\(source)\" is not an IP address")
    }

    func run() async throws {
        let answer = try await agent.client.check(peer: name, source: source)
        try output.print(answer) { $0.text($1) }
        switch answer.report.outcome {
        case .eligible: break
        case .refused: throw ExitStatus.refused
        case .unjudged: throw ExitStatus.unjudged
        }
    }
}
