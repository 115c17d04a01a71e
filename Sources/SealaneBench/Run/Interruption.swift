import UnixSignals

/// SIGINT, SIGTERM and SIGHUP as the cancellation of a task, so that what it has started is ended, and not left behind.
public enum Interruption {
    /// Runs `body`, and cancels it when one of these signals comes.
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
