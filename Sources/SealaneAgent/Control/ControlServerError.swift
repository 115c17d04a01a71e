import SealaneLinux

/// Why the control API cannot be served.
package struct ControlServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Problem: Sendable, Hashable {
        /// An agent answers on the socket.
        case alive(pid: Int32?)
        case notASocket
        case pathTooLong
        case cannotBind(String)
    }

    package let path: String
    package let problem: Problem

    init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    package var description: String {
        switch problem {
        case .alive(let pid):
            "control socket \(path): another agent answers there\(pid.map { " (pid \($0))" } ?? ""); "
                + "stop it, or give this agent another agent.control-socket"
        case .notASocket:
            "control socket \(path): a file that is not a socket is there; remove it, or set agent.control-socket"
        case .pathTooLong:
            "control socket \(path): the path has \(path.utf8.count) bytes; "
                + "expected at most \(SocketPath.byteLimit)"
        case .cannotBind(let why):
            "control socket \(path): \(why)"
        }
    }
}
