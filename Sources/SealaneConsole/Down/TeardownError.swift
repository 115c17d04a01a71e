package enum TeardownError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The interface, and the sign of the agent.
    case agentRuns(String, String)
    /// The control socket and the message of an agent that has not started yet. Which interface it will use is unknown.
    case agentWaits(String, String)
    /// The interface is of another kind.
    case noTunDevice(String)

    package var description: String {
        switch self {
        case .agentRuns(let interface, let sign):
            "an agent runs on \(interface) (\(sign)): stop it first; nothing was removed"
        case .agentWaits(let socket, let message):
            "an agent answers at \(socket) and may use this interface: stop it first; nothing was removed (\(message))"
        case .noTunDevice(let interface):
            "\(interface) is not a TUN device, so it stays; no agent has left anything under that name"
        }
    }
}
