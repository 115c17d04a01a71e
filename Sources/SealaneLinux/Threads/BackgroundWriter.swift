import Glibc

/// Runs work that may block without limit, such as writes to a pipe without a reader or to a hung file system, on its
/// own thread. Posting never blocks. Items beyond the limits are dropped and counted.
package final class BackgroundWriter<Item: Sendable>: Sendable {
    package struct Limits: Sendable {
        package var count: Int
        package var byteCount: Int

        /// The queue holds at least `count` items, unless together they exceed `byteCount` bytes.
        package init(count: Int, byteCount: Int) {
            self.count = count
            self.byteCount = byteCount
        }
    }

    /// The state of the queue.
    package struct Progress: Sendable {
        /// Items dropped since the start.
        package var lostCount: UInt64 = 0
        /// Items in the queue.
        package var waitingCount = 0
        /// How long the current item has been running; 0 if no item is running.
        package var nanosecondsBusy: UInt64 = 0
    }

    private struct State: Sendable {
        var waiting: [(item: Item, byteCount: Int)] = []
        var byteCount = 0
        var lostCount: UInt64 = 0
        /// When the current item started.
        var busySince: UInt64?
        var isClosed = false

        enum Next {
            case item(Item)
            case end
        }

        /// Nil: the queue is empty and still open.
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
    ///   - name: the thread's name.
    ///   - work: called on the thread once for each item, in the order of `post`.
    package init(
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

    /// Queues an item of `byteCount` bytes. False: the queue is full or closed.
    ///
    /// - Parameter isCounted: whether a dropped item counts as lost.
    @discardableResult
    package func post(_ item: Item, byteCount: Int, isCounted: Bool = true) -> Bool {
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

    package var progress: Progress { state.read { $0.progress } }

    /// Waits until all posted items are done, at most for `limit`. Returns whether they are.
    @discardableResult
    package func flush(within limit: Duration) -> Bool {
        let (seconds, attoseconds) = limit.components
        let nanoseconds = UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0)) / 1_000_000_000
        return state.wait(nanoseconds: nanoseconds) { state in
            state.waiting.isEmpty && state.busySince == nil ? true : nil
        } ?? false
    }

    /// Refuses further items. The thread ends once it has worked off the queue.
    package func close() {
        state.change { $0.isClosed = true }
    }
}
