import Glibc

extension SystemError {
    /// Whether `result` of a batch call (a count, or -errno) says "not now": nothing there yet, no room at the moment.
    public static func isTransient(_ result: Int) -> Bool {
        result == -Int(EAGAIN) || result == -Int(EINTR) || result == -Int(ENOBUFS) || result == -Int(ENOMEM)
    }

    /// Whether `result` says that the descriptor itself is of no more use, rather than one call on it.
    public static func isFinal(_ result: Int) -> Bool {
        result == -Int(EBADF) || result == -Int(EBADFD) || result == -Int(ENOTSOCK)
    }

    /// Whether connecting failed because nobody listens: no socket at the path, or one that a crash has left.
    public static func meansNobodyListens(_ errno: Int32) -> Bool {
        [ENOENT, ENOTDIR, ECONNREFUSED].contains(errno)
    }

    public static func meansNotPermitted(_ errno: Int32) -> Bool {
        [EACCES, EPERM].contains(errno)
    }
}
