import ArgumentParser
import SealaneControl
import SealaneFleet
import SealaneIdentity
import SealaneLinux

/// The command `sealane`. Without a subcommand it is `sealane status`.
@main
struct SealaneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealane",
        abstract: "Inspect and control the Sealane agent of this host.",
        discussion: """
            Exit status: 0 success, 1 failure, 2 wrong usage, 3 refused by policy, 4 no agent is running, 5 a peer is \
            not judged yet.
            """,
        version: Release.version,
        subcommands: [
            StatusCommand.self, PeerCommand.self, ReloadCommand.self, DownCommand.self, DoctorCommand.self,
            KeyCommand.self, IdentityCommand.self, AuthorityCommand.self, TopologyCommand.self, BenchCommand.self,
            CatalogCommand.self,
        ],
        defaultSubcommand: StatusCommand.self)

    @OptionGroup var agent: AgentOptions

    static func main() async {
        do {
            if let unknown = UnknownSubcommand(in: CommandLine.arguments.dropFirst(), of: Self.self) {
                throw ValidationError(unknown.message)
            }
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            exit(after: error)
        }
    }

    /// Prints the error and ends the process with the exit status of its kind.
    private static func exit(after error: any Error) -> Never {
        if let error = error as? SystemError, error.meansNobodyReadsOutput { CurrentProcess.endForWantOfReaders() }
        switch exitCode(for: error) {
        case .validationFailure:
            StandardError.write(fullMessage(for: error).visible() + "\n")
            exit(withError: ExitStatus.usage)
        case .failure where !(error is ExitCode):
            StandardError.write("sealane: \(message(for: error).visible())\n")
            if case .agentNotRunning? = error as? ControlClientError { exit(withError: ExitStatus.agentNotRunning) }
            if case .refused? = error as? IdentityError { exit(withError: ExitStatus.refused) }
            if error is InstanceIdentityDocumentError { exit(withError: ExitStatus.refused) }
            exit(withError: ExitStatus.failure)
        default:
            exit(withError: error)
        }
    }
}

/// The exit statuses of `sealane`; 0 is success.
enum ExitStatus {
    static let failure = ExitCode(1)
    /// ArgumentParser's own is 64 (sysexits.h).
    static let usage = ExitCode(2)
    static let refused = ExitCode(3)
    static let agentNotRunning = ExitCode(4)
    static let unjudged = ExitCode(5)
    /// 128 + SIGINT, as shells report it.
    static let interrupted = ExitCode(130)
}
