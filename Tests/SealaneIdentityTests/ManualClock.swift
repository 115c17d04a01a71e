import Synchronization

/// A clock that advances only on request. Pauses take no time and are recorded.
final class ManualClock: Sendable {
    private let state = Mutex((now: ContinuousClock.now, pauses: [Duration]()))

    var now: ContinuousClock.Instant { state.withLock { $0.now } }
    var pauses: [Duration] { state.withLock { $0.pauses } }

    func advance(by duration: Duration) {
        state.withLock { $0.now += duration }
    }

    func pause(_ duration: Duration) {
        state.withLock { $0.pauses.append(duration) }
    }
}
