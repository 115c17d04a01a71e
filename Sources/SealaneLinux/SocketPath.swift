import Glibc

/// The path of a Unix socket, and what is there.
public struct SocketPath: Sendable {
    /// `sun_path` holds 108 bytes with the one at its end, SwiftNIO takes 103, and `SocketPlace` binds a path that is longer
    /// by 3.
    public static var byteLimit: Int { 100 }

    /// What a path names, as it is there: a symbolic link is no socket.
    public enum Occupant: Sendable {
        case nothing
        case socket
        case other
    }

    public let text: String

    public init(_ text: String) {
        self.text = text
    }

    public var occupant: Occupant {
        var status = stat()
        guard lstat(text, &status) == 0 else { return .nothing }
        return status.st_mode & S_IFMT == S_IFSOCK ? .socket : .other
    }
}
