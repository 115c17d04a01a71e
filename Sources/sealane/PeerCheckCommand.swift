import ArgumentParser
import SealaneConsole
import SealanePacket

struct PeerCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check whether a peer is eligible now.",
        discussion: """
              sealane peer check web-1 --source 100.64.0.2

            A peer is eligible if no rule objects and every rule had all it needs: the handshake, the certificate if \
            the policy requires one, and each path witness that may refuse. Until then the peer is unjudged.

            Exit status: 0 eligible, 3 refused, 5 not judged yet.
            """)

    @Argument(help: "The peer's name.")
    var name: String

    @Option(help: ArgumentHelp("Also check whether the peer may send from this address.", valueName: "address"))
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
