import Glibc

/// Work that may block for as long as it likes, such as writing to a pipe that nobody reads or to a file system that hangs,
/// on a thread of its own. Whoever has some posts it and goes on. What does not fit is lost, and counted.
public final class BackgroundWriter<Item: Sendable>: Sendable {
    public struct Limits: Sendable {
        public var count: Int
        public var byteCount: Int

        /// At least `count` items wait, unless they have more than `byteCount` bytes together.
        public init(count: Int, byteCount: Int) {
            self.count = count
            self.byteCount = byteCount
        }
    }

    /// Where the work stands.
    public struct Progress: Sendable {
        /// Items that did not fit, since the start.
        public var lostCount: UInt64 = 0
        /// Items that wait.
        public var waitingCount = 0
        /// How long the item that is being worked on has taken; 0 if there is none.
        public var nanosecondsBusy: UInt64 = 0
    }

    private struct State: Sendable {
        var waiting: [(item: Item, byteCount: Int)] = []
        var byteCount = 0
        var lostCount: UInt64 = 0
        /// When the item that is being worked on was begun.
        var busySince: UInt64?
        var isClosed = false

        enum Next {
            case item(Item)
            case end
        }

        /// Nil: there is nothing to do yet.
        mutating func next() -> Next? {
            guard !waiting.isEmpty else { return isClosed ? .end : nil }
            busySince = MonotonicClock.now()
            let next = waiting.removeFirst()
            byteCount -= next.byteCount
            return .item(next.item)
        }

        var progress: Progress {
            Progress(
                lostCount: lostCount, waitingCount: waiting.count,
                nanosecondsBusy: busySince.map { MonotonicClock.now() &- $0 } ?? 0)
        }
    }

    private let limits: Limits
    private let state = Monitor(State())

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: the thread's.
    ///   - work: is called on the thread with every item, in the order in which they were posted.
    public init(
        name: String, limits: Limits, work: @escaping @Sendable (Item, Progress) -> Void
    ) throws(SystemError) {
        self.limits = limits
        let state = state
        _ = try LinuxThread.start(name: name) {
            while true {
                let next = state.wait { $0.next() }
                guard case .item(let item)? = next else { return }
                work(item, state.read { $0.progress })
                state.change { $0.busySince = nil }
            }
        }
    }

    deinit {
        state.change { $0.isClosed = true }
    }

    /// Hands over an item of so many bytes. False: it does not fit, or the writer is closed.
    ///
    /// - Parameter isCounted: if it does not fit, it counts as lost.
    @discardableResult
    public func post(_ item: Item, byteCount: Int, isCounted: Bool = true) -> Bool {
        state.change { state in
            let isTaken =
                !state.isClosed && state.waiting.count < limits.count
                && (state.waiting.isEmpty || state.byteCount + byteCount <= limits.byteCount)
            if isTaken {
                state.waiting.append((item, byteCount))
                state.byteCount += byteCount
            } else if isCounted {
                state.lostCount += 1
            }
            return isTaken
        }
    }

    public var progress: Progress { state.read { $0.progress } }

    /// Waits until everything that was posted is done, or for so long. Whether it is done.
    @discardableResult
    public func flush(within limit: Duration) -> Bool {
        let (seconds, attoseconds) = limit.components
        let nanoseconds = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0)) / 1_000_000_000
        return state.wait(nanoseconds: nanoseconds) { state in
            state.waiting.isEmpty && state.busySince == nil ? true : nil
        } ?? false
    }

    /// Takes no more items. The thread ends once it has done what was posted before.
    public func close() {
        state.change { $0.isClosed = true }
    }
}
