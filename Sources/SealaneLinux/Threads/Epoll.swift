import CLinux
import Glibc

/// Waits for several descriptors at once (epoll(7), level-triggered).
///
/// One thread calls `wait`. Other threads may add and remove descriptors meanwhile.
public struct Epoll: ~Copyable, @unchecked Sendable {
    /// Events to wait for, and events found. `failed` and `closed` are always reported.
    public struct Readiness: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let readable = Readiness(rawValue: EPOLLIN.rawValue)
        /// An error is pending (EPOLLERR). For a TUN queue: its device is gone.
        public static let failed = Readiness(rawValue: EPOLLERR.rawValue)
        /// The other side closed (EPOLLHUP).
        public static let closed = Readiness(rawValue: EPOLLHUP.rawValue)
    }

    private let descriptor: FileDescriptor
    private let capacity: Int
    private let events: UnsafeMutableRawPointer
    private var precise = true

    /// - Parameter capacity: the maximum number of descriptors that one wait reports (at least 1).
    public init(capacity: Int = 16) throws(SystemError) {
        precondition(capacity > 0, "a wait reports at least one descriptor")
        let number = try systemCall("epoll_create1", "") { negatedErrno(epoll_create1(CInt(EPOLL_CLOEXEC))) }
        descriptor = FileDescriptor(owning: CInt(number))
        self.capacity = capacity
        events = .allocate(byteCount: capacity * clinux_epoll_event_size(), alignment: 8)
    }

    deinit {
        events.deallocate()
    }

    public var fileDescriptor: CInt { descriptor.number }

    /// Adds `fileDescriptor`; `wait` reports `token` for it.
    public borrowing func add(
        _ fileDescriptor: CInt, for readiness: Readiness, token: UInt64
    ) throws(SystemError) {
        try control("EPOLL_CTL_ADD", EPOLL_CTL_ADD, fileDescriptor, readiness, token)
    }

    public borrowing func modify(
        _ fileDescriptor: CInt, for readiness: Readiness, token: UInt64
    ) throws(SystemError) {
        try control("EPOLL_CTL_MOD", EPOLL_CTL_MOD, fileDescriptor, readiness, token)
    }

    public borrowing func remove(_ fileDescriptor: CInt) throws(SystemError) {
        try control("EPOLL_CTL_DEL", EPOLL_CTL_DEL, fileDescriptor, [], 0)
    }

    private borrowing func control(
        _ name: String, _ operation: CInt, _ fileDescriptor: CInt, _ readiness: Readiness, _ token: UInt64
    ) throws(SystemError) {
        try systemCall(name, "descriptor \(fileDescriptor)") {
            Int(clinux_epoll_control(descriptor.number, operation, fileDescriptor, readiness.rawValue, token))
        }
    }

    /// Sleeps until a descriptor is ready or the timeout ends.
    /// - Parameter timeoutNanoseconds: 0 returns at once; nil waits without limit. Kernels before 5.11 round up to
    ///   milliseconds.
    /// - Returns: the number of ready descriptors (see `token(at:)`), 0 after the timeout or an interruption; or
    ///   -errno, which indicates a bug in the program.
    public mutating func wait(timeoutNanoseconds: UInt64?) -> Int {
        let limit = Int32(clamping: capacity)
        var result = -Int(ENOSYS)
        if precise {
            if let timeoutNanoseconds {
                var timeout = timespec(
                    tv_sec: Int(timeoutNanoseconds / 1_000_000_000), tv_nsec: Int(timeoutNanoseconds % 1_000_000_000))
                result = Int(clinux_epoll_pwait2(descriptor.number, events, limit, &timeout))
            } else {
                result = Int(clinux_epoll_pwait2(descriptor.number, events, limit, nil))
            }
            // EPERM: container runtimes with a seccomp filter older than the call return it.
            if result == -Int(ENOSYS) || result == -Int(EPERM) { precise = false }
        }
        if !precise {
            let milliseconds = timeoutNanoseconds.map {
                Int32(clamping: ($0 / 1_000_000) &+ ($0 % 1_000_000 == 0 ? 0 : 1))
            }
            result = Int(clinux_epoll_wait(descriptor.number, events, limit, milliseconds ?? -1))
        }
        return result == -Int(EINTR) ? 0 : result
    }

    /// The token of the `index`-th ready descriptor of the last wait.
    public borrowing func token(at index: Int) -> UInt64 {
        precondition(index < capacity, "an epoll of \(capacity) has no event \(index)")
        return clinux_epoll_token(events, Int32(index))
    }

    /// The readiness of the `index`-th ready descriptor of the last wait.
    package borrowing func readiness(at index: Int) -> Readiness {
        precondition(index < capacity, "an epoll of \(capacity) has no event \(index)")
        return Readiness(rawValue: clinux_epoll_readiness(events, Int32(index)))
    }
}
