import Glibc

/// A value that one thread at a time works with, and that threads can wait for: pthread_mutex(3) and pthread_cond(3).
final class Monitor<Value>: @unchecked Sendable {
    // Sendable: `value` is touched under the mutex only.
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

    /// Runs `body` while no other thread does, and has those that wait look again.
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

    /// Waits until `body` returns something: it is asked at once, and after every change. Nil once the time is over.
    ///
    /// - Parameter nanoseconds: nil waits for ever.
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
    /// By CLOCK_MONOTONIC, since pthread_cond_timedwait(3) knows no clock that counts while the host sleeps.
    fileprivate init(nanosecondsFromNow nanoseconds: UInt64) {
        var now = timespec()
        _ = clock_gettime(CLOCK_MONOTONIC, &now)
        let end = UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec) &+ nanoseconds
        self.init(tv_sec: Int(end / 1_000_000_000), tv_nsec: Int(end % 1_000_000_000))
    }
}
