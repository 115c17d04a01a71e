import CLinux
import Glibc

/// Wakes a thread that waits in `Epoll`: a counter that is readable while it is not 0 (eventfd(2)). Any thread may use
/// it.
public struct EventFD: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    public init() throws(SystemError) {
        let flags = CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC)
        let number = try systemCall("eventfd", "") { negatedErrno(eventfd(0, flags)) }
        descriptor = FileDescriptor(owning: CInt(number))
    }

    public var fileDescriptor: CInt { descriptor.number }

    /// Adds one to the counter. A full counter is already readable, so no signal is lost.
    public borrowing func signal() {
        _ = retryingInterrupts { negatedErrno(eventfd_write(descriptor.number, 1)) }
    }

    /// Resets the counter to 0.
    /// - Returns: how often it was signalled since the last drain.
    @discardableResult
    public borrowing func drain() -> UInt64 {
        var value: eventfd_t = 0
        let result = retryingInterrupts { negatedErrno(eventfd_read(descriptor.number, &value)) }
        return result < 0 ? 0 : value
    }
}
