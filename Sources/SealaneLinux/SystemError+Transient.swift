import Glibc

extension SystemError {
    /// Whether `result` of a batch call (a count, or -errno) says "not now": nothing there yet, or no room at the moment.
    public static func isTransient(_ result: Int) -> Bool {
        result == -Int(EAGAIN) || result == -Int(EINTR) || result == -Int(ENOBUFS) || result == -Int(ENOMEM)
    }
}

extension LinuxThread {
    /// Lets another thread run first.
    public static func yield() {
        sched_yield()
    }
}
