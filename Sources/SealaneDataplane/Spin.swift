/// Whether an idle lane polls for a while before it sleeps: a wake-up costs more than a round trip through an idle tunnel.
///
/// It pays only if the core is idle anyway. After a spin that finds nothing, the lane sleeps at once for the next times, twice as
/// many after each failure. A spin ends if another thread wants the core, and for a while none begins.
package struct Spin {
    /// A little more than the kernel takes to put a thread to sleep and to wake it.
    package static var limitNanoseconds: UInt64 { 50_000 }
    /// A longer yield has given the core to another thread.
    static var contentionNanoseconds: UInt64 { 5_000 }
    /// After contention.
    package static var pauseNanoseconds: UInt64 { 10_000_000 }
    /// Sleeps between two spins that find nothing.
    package static var greatestPenalty: Int { 64 }

    private var sleepsToCome = 0
    private var penalty = 0
    private var pausedUntil: UInt64 = 0

    package init() {}

    /// Asked once before each sleep. `now` is in nanoseconds, as in the other calls.
    package mutating func isWorthwhile(at now: UInt64) -> Bool {
        guard now >= pausedUntil else { return false }
        guard sleepsToCome == 0 else {
            sleepsToCome -= 1
            return false
        }
        return true
    }

    package mutating func recordFound() {
        penalty = 0
    }

    package mutating func recordNothingFound() {
        penalty = min(max(penalty * 2, 1), Self.greatestPenalty)
        sleepsToCome = penalty
    }

    /// Records a sleep that an event ended. If a spin would have lasted as long, spins pay again.
    package mutating func recordSleep(ofNanoseconds nanoseconds: UInt64) {
        guard nanoseconds < Self.limitNanoseconds else { return }
        penalty = 0
        sleepsToCome = 0
    }

    package mutating func recordContention(at now: UInt64) {
        pausedUntil = now + Self.pauseNanoseconds
    }
}
