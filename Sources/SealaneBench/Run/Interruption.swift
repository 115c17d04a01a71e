import UnixSignals

/// Cancels a task on SIGINT, SIGTERM and SIGHUP, so that the task can end everything that it has started.
public enum Interruption {
    /// Runs `body`, and cancels it when one of these signals arrives.
    public static func cancels<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let work = Task { try await body() }
        let watch = Task {
            for await _ in signals { work.cancel() }
        }
        defer { watch.cancel() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }
}
