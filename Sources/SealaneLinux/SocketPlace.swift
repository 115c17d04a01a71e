import Glibc

/// Where a Unix socket is to be, and how it gets there: it is bound inside a directory that only this user may enter, given
/// its mode there, and then moved to its place. At no moment can it be reached with other rights, or a file of another
/// user's stand in for it.
public struct SocketPlace: ~Copyable, Sendable {
    private static var birthName: String { "s" }

    private let place: FilePlace
    private let nursery: String

    /// Opens the directory of `path`, which is made if it is missing. Refuses one in which others could replace the socket.
    public init(_ path: String) throws(SystemError) {
        let end = path.lastIndex(of: "/") ?? path.startIndex
        if end > path.startIndex {
            try Directory.create(String(path[..<end]), mode: 0o755, trust: .ownerAndGroup)
        }
        place = try FilePlace.at(path, trust: .ownerAndGroup)
        nursery = "." + place.name
    }

    /// Makes the directory that the socket is to be bound in. What a crash has left of it goes first.
    ///
    /// - Returns: the path to bind.
    public func prepare() throws(SystemError) -> String {
        abandon()
        let path = place.directory.path(of: nursery)
        try systemCall(
            "mkdir", path,
            advice: { $0 == EEXIST ? "something is there that this agent did not make; remove it" : nil },
            { negatedErrno(mkdirat(place.directory.number, nursery, 0o700)) })
        guard let status = try place.directory.status(of: nursery), status.isDirectory, status.st_uid == geteuid()
        else {
            throw SystemError(call: "mkdir", errno: EACCES, subject: path, advice: "another user has replaced it")
        }
        return path + "/" + Self.birthName
    }

    /// Gives the bound socket its mode and moves it to its place, where it replaces whatever is there.
    ///
    /// - Returns: its inode, to know it by.
    public func settle(mode: UInt32) throws(SystemError) -> UInt64 {
        let bound = "\(nursery)/\(Self.birthName)"
        try systemCall("chmod", place.path) { negatedErrno(fchmodat(place.directory.number, bound, mode, 0)) }
        try place.directory.rename(bound, to: place.name)
        try place.directory.remove(nursery, AT_REMOVEDIR)
        guard let inode = try inode() else {
            throw SystemError(
                call: "stat", errno: ENOENT, subject: place.path, advice: "the socket was removed at once")
        }
        return inode
    }

    /// Removes what is left of a preparation.
    public func abandon() {
        _ = unlinkat(place.directory.number, "\(nursery)/\(Self.birthName)", 0)
        _ = unlinkat(place.directory.number, nursery, AT_REMOVEDIR)
    }

    /// Of what is at the place; nil: nothing.
    public func inode() throws(SystemError) -> UInt64? {
        try place.directory.status(of: place.name).map { UInt64($0.st_ino) }
    }

    /// Removes the socket, if it is the one with this inode.
    public func remove(inode: UInt64) {
        guard let found = try? self.inode(), found == inode else { return }
        try? place.directory.remove(place.name)
    }
}
