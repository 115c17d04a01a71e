import Glibc

/// The time of day (CLOCK_REALTIME): for timestamps that leave the host. It can be set back.
public enum WallClock {
    /// Since 1970-01-01 00:00:00 UTC.
    public static func now() -> (seconds: Int64, nanoseconds: UInt32) {
        var time = timespec()
        _ = clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), UInt32(time.tv_nsec))
    }
}
