import Glibc

/// Which directories may hold a file, by who else could change their entries.
package enum FileTrust: Sendable {
    /// For secrets, and for files that decide which hosts this one talks to. As ssh's StrictModes: root or this user
    /// owns every directory from `/` down, and nobody else may write to them. A directory with the sticky bit, such as
    /// `/tmp`, may be writable: others cannot replace this user's files in it.
    case ownerAlone
    /// The same, but a group may have write access: for logs and sockets. On some systems a group owns `/var/log`.
    case ownerAndGroup
    /// Any directory: for files that an operator names and that hold no secret.
    case anyone

    /// Mode bits that a directory without the sticky bit must not have.
    private var forbiddenBits: mode_t {
        switch self {
        case .ownerAlone: 0o022
        case .ownerAndGroup: 0o002
        case .anyone: 0
        }
    }

    /// Throws unless a directory with this owner and mode may hold the file at `path`.
    ///
    /// - Parameter rootOwner: the owner of `/`, who can replace everything anyway. In a user namespace this is not user
    ///   0.
    func check(
        _ status: stat, ofDirectory directory: String, rootOwner: uid_t, for path: String
    ) throws(SystemError) {
        if case .anyone = self { return }
        guard [0, rootOwner, geteuid()].contains(status.st_uid) else {
            throw SystemError.refused(
                "open", path,
                "the directory \(directory) belongs to user \(status.st_uid), who can replace files in it; "
                    + "expected root or this user (\(geteuid())): chown \(geteuid()) \(directory)")
        }
        guard status.st_mode & forbiddenBits == 0 || status.st_mode & S_ISVTX != 0 else {
            let others = forbiddenBits & 0o020 != 0 ? "go" : "o"
            throw SystemError.refused(
                "open", path,
                "the directory \(directory) has mode \(status.octalMode), so others can replace files in it; "
                    + "remove that permission: chmod \(others)-w \(directory)")
        }
    }

    /// Throws unless a link in that directory, owned by `owner`, may be followed.
    func check(
        linkOf owner: uid_t, at link: String, inDirectory directory: stat, rootOwner: uid_t, for path: String
    ) throws(SystemError) {
        let isTrusted: Bool
        if case .anyone = self {
            // As the kernel does by default (fs.protected_symlinks), whatever its setting on this host.
            let isShared = directory.st_mode & S_ISVTX != 0 && directory.st_mode & 0o002 != 0
            isTrusted = !isShared || [geteuid(), directory.st_uid].contains(owner)
        } else {
            isTrusted = [0, rootOwner, geteuid()].contains(owner)
        }
        guard isTrusted else {
            throw SystemError.refused(
                "open", path,
                "the symbolic link \(link) belongs to user \(owner), who may have created it to redirect "
                    + "this file; it is not followed")
        }
    }
}

extension stat {
    var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
    var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
    var isSymbolicLink: Bool { st_mode & S_IFMT == S_IFLNK }

    /// `0640`.
    var octalMode: String { "0" + String(st_mode & 0o7777, radix: 8) }

    func isSameFile(as other: stat) -> Bool { st_dev == other.st_dev && st_ino == other.st_ino }

    /// Throws unless this is a regular file that root or this user owns.
    func requireOwnRegularFile(_ call: String, _ path: String) throws(SystemError) {
        guard isRegularFile else {
            throw SystemError(call: call, errno: EINVAL, subject: path, advice: "not a regular file")
        }
        guard [0, geteuid()].contains(st_uid) else {
            throw SystemError.refused(
                call, path,
                "it belongs to user \(st_uid) (mode \(octalMode)), who can change it; "
                    + "expected root or this user (\(geteuid())): chown \(geteuid()) \(path)")
        }
    }

    /// The same for a file to write to: others must not have write access, and it must have one name only. With a
    /// second name, it could be a file that another user wants overwritten.
    func requireOwnFileToWrite(_ path: String) throws(SystemError) {
        try requireOwnRegularFile("open", path)
        guard st_mode & 0o022 == 0 else {
            throw SystemError.refused(
                "open", path,
                "its mode \(octalMode) lets others write to it; remove that permission: chmod go-w \(path)")
        }
        guard st_nlink <= 1 else {
            throw SystemError.refused("open", path, "the file has \(st_nlink) names (hard links); expected one")
        }
    }
}
