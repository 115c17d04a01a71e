import Glibc

extension SystemError {
    /// Whether `result` means that the descriptor itself is unusable, rather than that one call failed.
    public static func isFinal(_ result: Int) -> Bool {
        result == -Int(EBADF) || result == -Int(EBADFD) || result == -Int(ENOTSOCK)
    }

    /// Whether `result` means that the kernel does not support the request at all.
    public static func meansNotSupported(_ result: Int) -> Bool {
        result == -Int(EINVAL)
    }

    /// Whether connecting failed because nothing listens: there is no socket at the path, or one that a crash left.
    package static func meansNobodyListens(_ errno: Int32) -> Bool {
        [ENOENT, ENOTDIR, ECONNREFUSED].contains(errno)
    }

    /// An interface that existed and is gone.
    package static func interfaceGone(_ name: String) -> SystemError {
        SystemError(
            call: "RTM_GETLINK", errno: ENODEV, subject: name,
            advice: "\(name) was deleted, or moved to another network namespace")
    }

    /// Whether nothing exists at the path.
    package var meansNoSuchFile: Bool { errno == ENOENT }

    /// Whether the path names a directory.
    package var meansDirectory: Bool { errno == EISDIR }

    /// Whether the path has too many symbolic links, or a loop of them.
    package var meansLinkLoop: Bool { errno == ELOOP }

    /// Whether standard output is a pipe without a reader.
    package var meansNobodyReadsOutput: Bool { call == "write" && subject == "standard output" && errno == EPIPE }

    /// Whether another socket uses the address.
    package static func meansAddressInUse(_ errno: Int32) -> Bool {
        errno == EADDRINUSE
    }

    /// Whether the kernel cannot bind sockets to the address.
    package static func meansNoSuchAddress(_ errno: Int32) -> Bool {
        errno == EADDRNOTAVAIL
    }

    /// Whether there is no such interface or device.
    package static func meansNoSuchDevice(_ errno: Int32) -> Bool {
        [ENODEV, ENXIO].contains(errno)
    }

    package static func meansNotPermitted(_ errno: Int32) -> Bool {
        [EACCES, EPERM].contains(errno)
    }

    /// Whether the kernel denied this user access. Root, or the agent's user, may have it.
    package var meansDenied: Bool { SystemError.meansNotPermitted(errno) && !isOwnRule }

    /// A call that did not return in time.
    package static func timedOut(_ call: String, _ subject: String, advice: String) -> SystemError {
        SystemError(call: call, errno: ETIMEDOUT, subject: subject, advice: advice)
    }
}
