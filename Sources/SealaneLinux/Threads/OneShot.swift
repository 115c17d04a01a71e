/// Passes one noncopyable value into a copyable closure, once: for the closure of a thread.
public final class OneShot<Value: ~Copyable>: Sendable {
    private let value: Lock<Value?>

    public init(_ value: consuming sending Value) {
        self.value = Lock(value)
    }

    /// The value; nil from the second call on.
    public func take() -> sending Value? {
        value.withLock { value in
            let taken = value.take()
            return taken
        }
    }
}
