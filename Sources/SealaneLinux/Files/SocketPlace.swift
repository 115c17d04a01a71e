import Glibc

/// The path of a Unix socket, and how the socket gets there: it is bound inside a temporary directory that only this
/// user may
/// enter, gets its mode there, and is then renamed to its path. At no moment can it be reached with other permissions,
/// or
/// another user's file be taken for it.
package struct SocketPlace: ~Copyable, Sendable {
    private let place: FilePlace
    /// The name of the directory in which the socket is bound.
    private let temporaryDirectory: String
    /// The socket's path until it is published, from the directory of its final path.
    private let temporaryPath: String

    private static var temporaryName: String { "s" }

    /// Opens the directory of `path`, and creates it if it is missing. Refuses a directory in which other users could
    /// replace
    /// the socket.
    package init(_ path: String) throws(SystemError) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        if end > path.startIndex {
            try Directory.create(String(path[..<end]), mode: 0o755, trust: .ownerAndGroup)
        }
        place = try FilePlace.at(path, trust: .ownerAndGroup)
        temporaryDirectory = "." + place.name
        temporaryPath = "\(temporaryDirectory)/\(Self.temporaryName)"
    }

    /// Throws if the directory of `path` may not hold a socket. Creates nothing.
    package static func check(_ path: String) throws(SystemError) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        if end > path.startIndex { try Directory.check(String(path[..<end]), trust: .ownerAndGroup) }
    }

    /// Creates the temporary directory, after removing one that a crash left.
    ///
    /// - Returns: the path at which to bind the socket.
    package func prepare() throws(SystemError) -> String {
        abandon()
        let path = place.directory.path(of: temporaryDirectory)
        try systemCall(
            "mkdir", path,
            advice: { $0 == EEXIST ? "this agent did not create the existing file; remove it" : nil },
            { negatedErrno(mkdirat(place.directory.number, temporaryDirectory, 0o700)) })
        guard let status = try place.directory.status(of: temporaryDirectory), status.isDirectory,
            status.st_uid == geteuid()
        else {
            throw SystemError.refused("mkdir", path, "another user has replaced it")
        }
        return path + "/" + Self.temporaryName
    }

    /// Sets the bound socket's mode and renames it to its path, replacing any file there.
    ///
    /// - Returns: the socket's inode, which identifies it later.
    package func publish(mode: UInt32) throws(SystemError) -> UInt64 {
        try systemCall("chmod", place.path) {
            negatedErrno(fchmodat(place.directory.number, temporaryPath, mode, 0))
        }
        try place.directory.rename(temporaryPath, to: place.name)
        try place.directory.remove(temporaryDirectory, AT_REMOVEDIR)
        guard let inode = try inode() else {
            throw SystemError(
                call: "stat", errno: ENOENT, subject: place.path, advice: "the socket was removed at once")
        }
        return inode
    }

    /// Removes the temporary directory and the socket in it, if there are any.
    package func abandon() {
        _ = unlinkat(place.directory.number, temporaryPath, 0)
        _ = unlinkat(place.directory.number, temporaryDirectory, AT_REMOVEDIR)
    }

    /// The inode of the file at the path; nil if there is none.
    package func inode() throws(SystemError) -> UInt64? {
        try place.directory.status(of: place.name).map { UInt64($0.st_ino) }
    }

    /// Removes the socket if it still has this inode.
    package func remove(inode: UInt64) {
        guard let found = try? self.inode(), found == inode else { return }
        try? place.directory.remove(place.name)
    }
}
