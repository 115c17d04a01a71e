import Synchronization

/// A value that one thread at a time can access: the product's only mutex.
///
/// A class, so that the closures of several threads can share it.
public final class Lock<Value: ~Copyable>: Sendable {
    private let mutex: Mutex<Value>
    /// Written before each unlock and read after each lock. Under contention the kernel hands `Mutex` from thread to thread,
    /// which ThreadSanitizer cannot see; this atomic shows it the order.
    private let turn = Atomic(false)

    public init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` with exclusive access. `body` must not call this again.
    public func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { (value) throws(Failure) -> sending Result in
            _ = turn.load(ordering: .acquiring)
            defer { turn.store(true, ordering: .releasing) }
            return try body(&value)
        }
    }
}
