import Glibc

extension SystemError {
    /// Whether `result` says that the descriptor itself is of no more use, rather than one call on it.
    public static func isFinal(_ result: Int) -> Bool {
        result == -Int(EBADF) || result == -Int(EBADFD) || result == -Int(ENOTSOCK)
    }

    /// Whether `result` says that the kernel does not do what was asked, in whatever state it is.
    public static func meansNotSupported(_ result: Int) -> Bool {
        result == -Int(EINVAL)
    }

    /// Whether connecting failed because nobody listens: no socket at the path, or one that a crash has left.
    public static func meansNobodyListens(_ errno: Int32) -> Bool {
        [ENOENT, ENOTDIR, ECONNREFUSED].contains(errno)
    }

    /// An interface that was there and is there no more.
    public static func interfaceGone(_ name: String) -> SystemError {
        SystemError(
            call: "RTM_GETLINK", errno: ENODEV, subject: name,
            advice: "\(name) was deleted, or moved to another network namespace")
    }

    /// Whether there is nothing at the path.
    public var meansNoSuchFile: Bool { errno == ENOENT }

    /// Whether what is at the path is a directory.
    public var meansDirectory: Bool { errno == EISDIR }

    /// Whether there are too many symbolic links on the way, or one that leads back to itself.
    public var meansLinkLoop: Bool { errno == ELOOP }

    /// Whether standard output is a pipe, and nobody reads it any more.
    public var meansNobodyReadsOutput: Bool { call == "write" && subject == "standard output" && errno == EPIPE }

    /// Whether a connection that there was has ended before its time.
    public static func meansConnectionLost(_ errno: Int32) -> Bool {
        [ECONNRESET, EPIPE, ECONNABORTED].contains(errno)
    }

    /// Whether the address is taken by another socket.
    public static func meansAddressInUse(_ errno: Int32) -> Bool {
        errno == EADDRINUSE
    }

    /// Whether the address is none that the kernel binds sockets to now.
    public static func meansNoSuchAddress(_ errno: Int32) -> Bool {
        errno == EADDRNOTAVAIL
    }

    public static func meansNotPermitted(_ errno: Int32) -> Bool {
        [EACCES, EPERM].contains(errno)
    }

    /// That a call has not returned in time.
    public static func timedOut(_ call: String, _ subject: String, advice: String) -> SystemError {
        SystemError(call: call, errno: ETIMEDOUT, subject: subject, advice: advice)
    }
}
