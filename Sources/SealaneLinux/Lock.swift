import Glibc

/// A value that one thread at a time works with: pthread_mutex(3), which ThreadSanitizer understands. That of the
/// Synchronization module has the kernel take the lock under contention, unseen by it.
public final class Lock<Value>: @unchecked Sendable {
    // Sendable: `value` is touched under the mutex only.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    public init(_ value: sending Value) {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        self.value = value
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` while no other thread does. Not to be called from within `body`.
    public func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
