extension LinuxThread {
    /// Runs `body`, which waits in the kernel, on a thread of its own. It is waited for, also by a task that is cancelled.
    public static func result<Value: Sendable>(
        name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try LinuxThread.start(name: name) { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
