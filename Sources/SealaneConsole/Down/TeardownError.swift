package enum TeardownError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The interface, and what gives the agent away.
    case agentRuns(String, String)
    /// The control socket at which an agent answers that has not started yet, and what it says. It does not say which
    /// interface will be its own.
    case agentWaits(String, String)
    /// The interface, which is of another kind.
    case noTunDevice(String)

    package var description: String {
        switch self {
        case .agentRuns(let interface, let sign):
            "an agent runs on \(interface) (\(sign)): stop it first; nothing was removed"
        case .agentWaits(let socket, let message):
            "an agent answers at \(socket) and may be this interface's: stop it first; nothing was removed (\(message))"
        case .noTunDevice(let interface):
            "\(interface) is not a TUN device: not removed, and an agent has left nothing under that name"
        }
    }
}
