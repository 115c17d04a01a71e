import ArgumentParser
import FoundationEssentials
import SealaneControl

/// Which agent is asked. The same before and after the subcommand.
struct AgentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The agent's control socket.",
            discussion: "Default: SEALANE_CONTROL_SOCKET, or /run/sealane/control.sock.", valueName: "path"),
        completion: .file())
    var controlSocket: String?

    /// The socket that the user names; nil: none.
    var namedSocket: String? {
        let named = controlSocket ?? ProcessInfo.processInfo.environment["SEALANE_CONTROL_SOCKET"]
        return named.flatMap { $0.isEmpty ? nil : $0 }
    }

    var client: ControlClient {
        ControlClient(socketPath: namedSocket ?? "/run/sealane/control.sock")
    }
}
