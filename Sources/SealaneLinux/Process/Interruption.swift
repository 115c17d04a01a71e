/// Cancels a task on a signal, so that the task can end everything that it has started.
package enum Interruption {
    /// Runs `body`, and cancels it when one of `signals` arrives.
    package static func cancels<Value: Sendable>(
        on signals: Set<ProcessSignal> = [.interrupt, .terminate, .hangup],
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let arrivals = await ProcessSignal.stream(of: signals)
        let work = Task { try await body() }
        let watch = Task {
            for await _ in arrivals { work.cancel() }
        }
        defer { watch.cancel() }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            work.cancel()
        }
    }
}
