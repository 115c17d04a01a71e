import Synchronization

/// Carries one noncopyable value into a thread's closure, which is copyable, once.
public final class Handover<Value: ~Copyable>: @unchecked Sendable {
    // Sendable: the value is taken by one thread, after the other has let go of it.
    private let value: Mutex<Value?>

    public init(_ value: consuming sending Value) {
        self.value = Mutex(value)
    }

    public func take() -> sending Value? {
        value.withLock { value in
            let taken = value.take()
            return taken
        }
    }
}
