import CLinux
import Glibc

/// The time of day (CLOCK_REALTIME), for timestamps that other hosts see. It can be set back.
public enum WallClock {
    /// Since 1970-01-01 00:00:00 UTC.
    public static func now() -> (seconds: Int64, nanoseconds: UInt32) {
        var time = timespec()
        _ = clock_gettime(CLOCK_REALTIME, &time)
        return (Int64(time.tv_sec), UInt32(time.tv_nsec))
    }

    /// Whether a time service keeps the clock synchronised, by the kernel's record (adjtimex(2): STA_UNSYNC).
    package static func isSynchronised() throws(SystemError) -> Bool {
        try systemCall("adjtimex", "") { Int(clinux_is_clock_synchronised()) } == 1
    }
}
