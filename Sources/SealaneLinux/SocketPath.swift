import Glibc

/// The path of a Unix socket, and what is there.
package struct SocketPath: Sendable {
    /// `sun_path` holds 108 bytes with the one at its end, SwiftNIO takes 103, and `SocketPlace` binds a path that is longer
    /// by 3.
    package static var byteLimit: Int { 100 }

    /// What a path names, as it is there: a symbolic link is no socket.
    package enum Occupant: Sendable {
        case nothing
        case socket
        case other
    }

    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var occupant: Occupant {
        var status = stat()
        guard lstat(text, &status) == 0 else { return .nothing }
        return status.st_mode & S_IFMT == S_IFSOCK ? .socket : .other
    }
}
