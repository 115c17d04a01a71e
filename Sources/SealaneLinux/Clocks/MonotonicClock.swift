import Glibc

/// Time since boot, including time suspended (CLOCK_BOOTTIME). For timers: it is never set back.
public enum MonotonicClock {
    /// In nanoseconds.
    public static func now() -> UInt64 {
        var time = timespec()
        _ = clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
