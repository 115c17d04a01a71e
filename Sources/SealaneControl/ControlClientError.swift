import NIOCore
import SealaneHTTP
import SealaneLinux

/// Why a request to the agent failed.
package enum ControlClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No process answers at the control socket.
    case agentNotRunning(String)
    /// This user has no access to the control socket.
    case notPermitted(String)
    case timedOut(String, Duration)
    /// The answer is not what an agent of this version sends.
    case unintelligible(String, String)
    case failed(String, String)
    /// The agent refused the request.
    case refused(ControlError)

    init(_ failure: HTTPExchange.Failure, _ client: ControlClient) {
        let path = client.socketPath
        self =
            switch failure {
            // No socket exists at the path, or a crashed agent has left one behind.
            case .notConnected(let error as IOError) where SystemError.meansNobodyListens(error.errnoCode):
                .agentNotRunning(path)
            case .notConnected(let error as IOError) where SystemError.meansNotPermitted(error.errnoCode):
                .notPermitted(path)
            case .notConnected(let error as IOError): .failed(path, SystemError.text(of: error.errnoCode))
            case .notConnected(let error): .failed(path, "\(error)")
            case .connectTimeout, .timeout: .timedOut(path, client.timeout)
            case .bodyTooLong:
                .unintelligible(path, "the response has more than \(ControlClient.responseByteLimit) bytes")
            case .connectionLost(let number): .failed(path, SystemError.text(of: number))
            case .interrupted(let why): .unintelligible(path, why)
            case .cancelled: .failed(path, "the request was cancelled")
            }
    }

    package var description: String {
        switch self {
        case .agentNotRunning(let path):
            "no agent answers at \(path); start sealaned, or name its socket with --control-socket or "
                + "SEALANE_CONTROL_SOCKET"
        case .notPermitted(let path):
            "this user may not use the control socket \(path); run the command as root or as a member of the socket's group"
        case .timedOut(let path, let limit):
            "the agent at \(path) did not answer within \(limit.components.seconds) s"
        case .unintelligible(let path, let what):
            "the answer from \(path) cannot be understood: \(what); is it sealaned of this version?"
        case .failed(let path, let what):
            "control socket \(path): \(what)"
        case .refused(let error):
            error.message
        }
    }
}
