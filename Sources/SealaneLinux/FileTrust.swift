import Glibc

/// Which directories a file may be in, by who else could change what is in them.
public enum FileTrust: Sendable {
    /// For secrets, and for what decides whom this host talks to. As ssh's StrictModes: every directory from `/` down
    /// belongs to root or to this user, and nobody else may write to it. One with the sticky bit, such as `/tmp`, may be
    /// writable: others cannot replace what is this user's in it.
    case ownerAlone
    /// The same, but a group may write to them: for logs and sockets. On some systems `/var/log` is a group's.
    case ownerAndGroup
    /// Any directory: for files that an operator names and that hold no secret.
    case anyone

    /// Mode bits that a directory must not have unless it has the sticky bit.
    private var forbiddenBits: mode_t {
        switch self {
        case .ownerAlone: 0o022
        case .ownerAndGroup: 0o002
        case .anyone: 0
        }
    }

    /// Throws unless a directory with this owner and mode may hold the file at `path`.
    ///
    /// - Parameter rootOwner: the owner of `/`, who can replace everything anyway. In a user namespace it is not user 0.
    func check(
        _ status: stat, ofDirectory directory: String, rootOwner: uid_t, for path: String
    ) throws(SystemError) {
        if case .anyone = self { return }
        guard [0, rootOwner, geteuid()].contains(status.st_uid) else {
            throw SystemError(
                call: "open", errno: EACCES, subject: path,
                advice: "the directory \(directory) belongs to user \(status.st_uid), who can replace what is in it; "
                    + "expected root or this user (\(geteuid())): chown \(geteuid()) \(directory)")
        }
        guard status.st_mode & forbiddenBits == 0 || status.st_mode & S_ISVTX != 0 else {
            let others = forbiddenBits & 0o020 != 0 ? "go" : "o"
            throw SystemError(
                call: "open", errno: EACCES, subject: path,
                advice: "the directory \(directory) has mode \(status.octalMode), so others can replace what is in it; "
                    + "take that right from them: chmod \(others)-w \(directory)")
        }
    }

    /// Throws unless a link that belongs to this user may be followed out of that directory.
    func check(
        linkOf owner: uid_t, at link: String, inDirectory directory: stat, rootOwner: uid_t, for path: String
    ) throws(SystemError) {
        let isTrusted: Bool
        if case .anyone = self {
            // As the kernel does by default (fs.protected_symlinks), whether or not it does here.
            let isShared = directory.st_mode & S_ISVTX != 0 && directory.st_mode & 0o002 != 0
            isTrusted = !isShared || [geteuid(), directory.st_uid].contains(owner)
        } else {
            isTrusted = [0, rootOwner, geteuid()].contains(owner)
        }
        guard isTrusted else {
            throw SystemError(
                call: "open", errno: EACCES, subject: path,
                advice: "the symbolic link \(link) belongs to user \(owner), who may have put it there for this; "
                    + "it is not followed")
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

    /// Throws unless this is a regular file of root or of this user.
    func requireOwnRegularFile(_ call: String, _ path: String) throws(SystemError) {
        guard isRegularFile else {
            throw SystemError(call: call, errno: EINVAL, subject: path, advice: "not a regular file")
        }
        guard [0, geteuid()].contains(st_uid) else {
            throw SystemError(
                call: call, errno: EACCES, subject: path,
                advice: "it belongs to user \(st_uid) (mode \(octalMode)), who can change it; "
                    + "expected root or this user (\(geteuid())): chown \(geteuid()) \(path)")
        }
    }

    /// The same for a file that is written to: others may not write to it, and it has one name only. With another name,
    /// it may be a file that somebody wants to have overwritten.
    func requireOwnFileToWrite(_ path: String) throws(SystemError) {
        try requireOwnRegularFile("open", path)
        guard st_mode & 0o022 == 0 else {
            throw SystemError(
                call: "open", errno: EACCES, subject: path,
                advice: "its mode \(octalMode) lets others write to it; take that right from them: chmod go-w \(path)")
        }
        guard st_nlink <= 1 else {
            throw SystemError(
                call: "open", errno: EACCES, subject: path,
                advice: "the file has \(st_nlink) names (hard links); expected this one alone")
        }
    }
}
