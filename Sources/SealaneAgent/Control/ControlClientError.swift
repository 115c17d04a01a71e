import NIOCore
import SealaneLinux

/// Why the agent did not answer as asked.
public enum ControlClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Nobody answers at the control socket.
    case agentNotRunning(String)
    /// This user may not use the control socket.
    case notPermitted(String)
    case timedOut(String, Duration)
    /// What answered does not speak as this version's agent does.
    case unintelligible(String, String)
    case failed(String, String)
    /// The agent answered that it will not.
    case refused(ControlError)

    init(_ error: any Error, path: String) {
        self =
            switch error {
            case let error as ControlClientError: error
            case let error as IOError where Self.isNobodyThere(error): .agentNotRunning(path)
            case let error as IOError where SystemError.meansNotPermitted(error.errnoCode): .notPermitted(path)
            case let error as IOError: .failed(path, SystemError.text(of: error.errnoCode))
            case let error as UnfinishedAnswer: .unintelligible(path, error.what)
            default: .failed(path, "\(error)")
            }
    }

    /// There is no socket at the path, or it is one that a crash has left.
    static func isNobodyThere(_ error: IOError) -> Bool {
        SystemError.meansNobodyListens(error.errnoCode)
    }

    public var description: String {
        switch self {
        case .agentNotRunning(let path):
            "no agent answers at \(path); start sealaned, or name its socket with --control-socket or "
                + "SEALANE_CONTROL_SOCKET"
        case .notPermitted(let path):
            "this user may not use the control socket \(path); run as root or as a member of its group"
        case .timedOut(let path, let limit):
            "the agent at \(path) did not answer within \(limit.components.seconds) s"
        case .unintelligible(let path, let what):
            "what answers at \(path) is not understood: \(what); is it a sealaned of this version?"
        case .failed(let path, let what):
            "control socket \(path): \(what)"
        case .refused(let error):
            error.message
        }
    }
}
