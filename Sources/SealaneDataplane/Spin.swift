/// Whether a lane that has nothing to do looks again for a while before it sleeps: to be woken costs more than a round
/// trip through an idle tunnel.
///
/// It pays only where the core is idle anyway. So a spin that finds nothing makes the lane sleep at once for the next times,
/// twice as many after each failure; and one that meets another thread that wants the core ends, and none begins for a
/// while.
public struct Spin {
    /// A little more than the kernel takes to put a thread to sleep and to wake it.
    public static var limitNanoseconds: UInt64 { 50_000 }
    /// A yield that takes longer has given the core to somebody.
    static var contentionNanoseconds: UInt64 { 5_000 }
    /// After contention.
    public static var pauseNanoseconds: UInt64 { 10_000_000 }
    /// Sleeps between two spins that find nothing.
    public static var greatestPenalty: Int { 64 }

    private var sleepsToCome = 0
    private var penalty = 0
    private var pausedUntil: UInt64 = 0

    public init() {}

    /// Asked once before each sleep. `now` is in nanoseconds, as in the other calls.
    public mutating func isWorthwhile(at now: UInt64) -> Bool {
        guard now >= pausedUntil else { return false }
        guard sleepsToCome == 0 else {
            sleepsToCome -= 1
            return false
        }
        return true
    }

    public mutating func noteFound() {
        penalty = 0
    }

    public mutating func noteNothingFound() {
        penalty = min(max(penalty * 2, 1), Self.greatestPenalty)
        sleepsToCome = penalty
    }

    /// Of a sleep that something ended. If it was so short that a spin would have found that, spins pay again.
    public mutating func noteSleep(ofNanoseconds nanoseconds: UInt64) {
        guard nanoseconds < Self.limitNanoseconds else { return }
        penalty = 0
        sleepsToCome = 0
    }

    public mutating func noteContention(at now: UInt64) {
        pausedUntil = now + Self.pauseNanoseconds
    }
}
