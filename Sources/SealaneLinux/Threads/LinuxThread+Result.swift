extension LinuxThread {
    /// Runs `body`, which blocks in the kernel, on a thread of its own, and waits for it. Cancelling the calling task
    /// does not shorten the wait.
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
