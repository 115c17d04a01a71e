import CLinux
import Glibc

/// A thread outside Swift's thread pool, with every signal blocked: other threads handle them.
public final class LinuxThread: Sendable {
    private let handle: Lock<pthread_t?>
    private let hasEnded: Monitor<Bool>

    private init(_ handle: pthread_t, _ hasEnded: Monitor<Bool>) {
        self.handle = Lock(handle)
        self.hasEnded = hasEnded
    }

    /// Starts a thread that runs `body` and ends.
    /// - Parameters:
    ///   - name: shown by ps(1) and top(1); the kernel keeps its first 15 bytes.
    ///   - processor: the only processor that the thread may run on, counted from 0; nil: any.
    public static func start(
        name: String, on processor: Int? = nil, body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> LinuxThread {
        let hasEnded = Monitor(false)
        let work = Unmanaged.passRetained(Work(name: name, hasEnded: hasEnded, body: body))
        // A new thread inherits the signal mask of its creator.
        var all = sigset_t()
        var previous = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &previous)
        var handle = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let processor {
            let result = clinux_bind_to_processor(&attributes, Int32(clamping: processor))
            guard result == 0 else {
                pthread_sigmask(SIG_SETMASK, &previous, nil)
                work.release()
                throw SystemError(call: "pthread_attr_setaffinity_np", errno: result, subject: "processor \(processor)")
            }
        }
        let result = pthread_create(
            &handle, &attributes,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                _ = clinux_name_thread(work.name)
                work.body()
                work.hasEnded.change { $0 = true }
                return nil
            }, work.toOpaque())
        pthread_sigmask(SIG_SETMASK, &previous, nil)
        guard result == 0 else {
            work.release()
            throw SystemError(
                call: "pthread_create", errno: result, subject: name,
                advice: processor.map { "this process may not run on processor \($0), or it does not exist" })
        }
        return LinuxThread(handle, hasEnded)
    }

    /// Waits until the thread has ended. Only the first call waits. A thread cannot wait for itself.
    public func join() {
        let taken = handle.withLock { handle in
            defer { handle = nil }
            return handle
        }
        if let taken { pthread_join(taken, nil) }
    }

    /// As `join`, at most for `limit`. Returns whether the thread has ended; if not, it may be joined again.
    public func join(within limit: Duration) -> Bool {
        let (seconds, attoseconds) = limit.components
        let nanoseconds = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0)) / 1_000_000_000
        guard hasEnded.wait(nanoseconds: nanoseconds, until: { $0 ? true : nil }) != nil else { return false }
        join()
        return true
    }

    deinit {
        handle.withLock { handle in
            if let thread = handle { pthread_detach(thread) }
            handle = nil
        }
    }

    private final class Work: Sendable {
        let name: String
        let hasEnded: Monitor<Bool>
        let body: @Sendable () -> Void

        init(name: String, hasEnded: Monitor<Bool>, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.hasEnded = hasEnded
            self.body = body
        }
    }
}

extension LinuxThread {
    /// Lets another thread run first.
    public static func yield() {
        sched_yield()
    }
}
