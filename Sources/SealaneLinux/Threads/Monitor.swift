import Glibc

/// A value that one thread at a time can access, and whose changes threads can wait for: pthread_mutex(3) and
/// pthread_cond(3).
final class Monitor<Value>: @unchecked Sendable {
    // Sendable: `value` is accessed under the mutex only.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var value: Value

    init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
        self.value = value
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with exclusive access, then wakes all waiting threads to check again.
    func change<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }

    func read<Result>(_ body: (Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(value)
    }

    /// Waits until `body` returns a value. Calls it at once and after every change. Nil after the timeout.
    ///
    /// - Parameter nanoseconds: the timeout; nil waits without limit.
    func wait<Result>(nanoseconds: UInt64? = nil, until body: (inout Value) -> Result?) -> Result? {
        let deadline = nanoseconds.map { timespec(nanosecondsFromNow: $0) }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) {
                pthread_cond_broadcast(condition)
                return result
            }
            if var deadline {
                guard pthread_cond_timedwait(condition, mutex, &deadline) == 0 else { return body(&value) }
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}

extension timespec {
    /// CLOCK_MONOTONIC, because pthread_cond_timedwait(3) supports no clock that advances while the host is suspended.
    fileprivate init(nanosecondsFromNow nanoseconds: UInt64) {
        var now = timespec()
        _ = clock_gettime(CLOCK_MONOTONIC, &now)
        let end = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec) &+ nanoseconds
        self.init(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
    }
}
