/// A thread for what may block for as long as a disk likes, so that its caller waits a while and not for ever. It does one
/// thing at a time, and starts with the first.
public final class DiskThread: Sendable {
    private typealias Work = @Sendable () -> Void

    private let name: String
    private let patience: Duration
    private let writer = Lock<BackgroundWriter<Work>?>(nil)

    /// - Parameter patience: how long a caller waits.
    public init(name: String, patience: Duration = .seconds(1)) {
        self.name = name
        self.patience = patience
    }

    /// Runs `body` on the thread, and returns what it returns. Throws ETIMEDOUT if that takes too long: `body` goes on, and
    /// nobody learns what it returns. While it does, the next call throws at once, and its `body` does not run.
    ///
    /// - Parameter path: what it is about, for the error.
    public func run<Value: Sendable>(
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
            throw .timedOut("write", path, advice: "its file system does not answer; expected one that does")
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
