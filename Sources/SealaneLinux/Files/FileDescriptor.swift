import Glibc

/// Owns one open file and closes it at the end of the value's life.
struct FileDescriptor: ~Copyable, Sendable {
    let number: CInt

    init(owning number: CInt) {
        self.number = number
    }

    deinit {
        // Not repeated on EINTR: Linux has already freed the number (close(2)).
        _ = close(number)
    }

    /// Opens `path` with O_CLOEXEC added to `flags`.
    static func open(
        _ path: String, _ flags: CInt, mode: mode_t = 0, advice: (Int32) -> String? = { _ in nil }
    ) throws(SystemError) -> FileDescriptor {
        let number = try systemCall("open", path, advice: advice) {
            negatedErrno(Glibc.open(path, flags | O_CLOEXEC, mode))
        }
        return FileDescriptor(owning: CInt(number))
    }

    static func socket(_ family: CInt, _ type: __socket_type) throws(SystemError) -> FileDescriptor {
        let name = family == AF_INET ? "AF_INET" : family == AF_INET6 ? "AF_INET6" : "family \(family)"
        let advice = { (errno: Int32) -> String? in
            errno == EAFNOSUPPORT && family == AF_INET6 ? "this kernel runs without IPv6" : nil
        }
        let number = try systemCall("socket", name, advice: advice) {
            negatedErrno(Glibc.socket(family, CInt(type.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0))
        }
        return FileDescriptor(owning: CInt(number))
    }

    func setOption(_ level: CInt, _ option: CInt, _ name: String, to value: CInt) throws(SystemError) {
        try systemCall("setsockopt \(name)", "\(value)") { setOption(level, option, to: value) }
    }

    /// 0 or -errno.
    func setOption(_ level: CInt, _ option: CInt, to value: CInt) -> Int {
        var value = value
        return negatedErrno(setsockopt(number, level, option, &value, socklen_t(MemoryLayout<CInt>.size)))
    }

    func option(_ level: CInt, _ option: CInt, _ name: String) throws(SystemError) -> CInt {
        var value: CInt = 0
        try systemCall("getsockopt \(name)", "") {
            var length = socklen_t(MemoryLayout<CInt>.size)
            return negatedErrno(getsockopt(number, level, option, &value, &length))
        }
        return value
    }
}
