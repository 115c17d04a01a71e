import SealaneLinux

/// Runs asynchronous code that waits for nothing to its end, on the thread that calls.
///
/// The verifier of certificates is asynchronous only for stores and policies that ask a network, which Sealane has none
/// of. Its jobs come to a queue of their own, and the caller works that off: no other thread takes part, none is blocked,
/// and whether the caller belongs to Swift's pool does not matter.
enum CallingThread {
    /// Nil if `body` waits for something that this thread does not do.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value? {
        let queue = Queue()
        let result = Lock<Value?>(nil)
        Task(executorPreference: queue) {
            let value = await body()
            result.withLock { $0 = value }
        }
        while let job = queue.next() { job.runSynchronously(on: queue.asUnownedTaskExecutor()) }
        return result.withLock { $0 }
    }

    private final class Queue: TaskExecutor {
        private let jobs = Lock<[UnownedJob]>([])

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            jobs.withLock { $0.append(job) }
        }

        func next() -> UnownedJob? {
            jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        }
    }
}
