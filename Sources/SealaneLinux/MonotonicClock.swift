import Glibc

/// Time since the host started, counted while it sleeps as well (CLOCK_BOOTTIME): for timers, never set back.
public enum MonotonicClock {
    /// In nanoseconds.
    public static func now() -> UInt64 {
        var time = timespec()
        _ = clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
