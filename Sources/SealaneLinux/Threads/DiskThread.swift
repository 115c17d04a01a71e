/// A thread for work that may block as long as a disk does, so that its caller waits only for a limited time. Runs one
/// piece of work at a time. The first call starts the thread.
package final class DiskThread: Sendable {
    private typealias Work = @Sendable () -> Void

    private let name: String
    private let patience: Duration
    private let writer = Lock<BackgroundWriter<Work>?>(nil)

    /// - Parameter patience: how long a caller waits.
    package init(name: String, patience: Duration = .seconds(1)) {
        self.name = name
        self.patience = patience
    }

    /// Runs `body` on the thread and returns its result. Throws ETIMEDOUT if that takes too long: `body` then continues
    /// and its result is lost. Until it ends, further calls throw at once without running their `body`.
    ///
    /// - Parameter path: the subject of the error.
    package func run<Value: Sendable>(
        _ path: String, _ body: @escaping @Sendable () -> Value
    ) throws(SystemError) -> Value {
        let writer = try started()
        let result = Lock<Value?>(nil)
        let progress = writer.progress
        if progress.waitingCount == 0, progress.nanosecondsBusy == 0,
            writer.post(
                {
                    let value = body()
                    result.withLock { $0 = value }
                }, byteCount: 0)
        {
            writer.flush(within: patience)
        }
        guard let value = result.withLock({ $0 }) else {
            throw .timedOut("write", path, advice: "its file system does not respond")
        }
        return value
    }

    private func started() throws(SystemError) -> BackgroundWriter<Work> {
        try writer.withLock { writer in
            Result { () throws(SystemError) -> BackgroundWriter<Work> in
                if let writer { return writer }
                let started = try BackgroundWriter<Work>(name: name, limits: .init(count: 1, byteCount: 0)) { work, _ in
                    work()
                }
                writer = started
                return started
            }
        }.get()
    }
}
