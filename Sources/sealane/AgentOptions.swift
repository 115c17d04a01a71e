import ArgumentParser
import FoundationEssentials
import SealaneControl

/// Selects the agent. The options are the same before and after the subcommand.
struct AgentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Path of the agent's control socket.",
            discussion: "Default: $SEALANE_CONTROL_SOCKET, or /run/sealane/control.sock.", valueName: "path"),
        completion: .file())
    var controlSocket: String?

    /// The socket that the option or the environment names; nil if neither does.
    var namedSocket: String? {
        let named = controlSocket ?? ProcessInfo.processInfo.environment["SEALANE_CONTROL_SOCKET"]
        return named.flatMap { $0.isEmpty ? nil : $0 }
    }

    var client: ControlClient {
        ControlClient(socketPath: namedSocket ?? "/run/sealane/control.sock")
    }
}
