/// A moment on a clock that never steps back and goes on while the host sleeps (Linux: `CLOCK_BOOTTIME`), so that keys
/// age over a suspend. Only differences mean anything. The tunnel never reads a clock: whoever calls it passes the time in.
@frozen public struct MonotonicTime: Comparable, Hashable, Sendable {
    public var nanoseconds: UInt64

    @inlinable public init(nanoseconds: UInt64) {
        self.nanoseconds = nanoseconds
    }

    @inlinable public static func < (left: Self, right: Self) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// Saturates at both ends of the clock.
    package static func + (time: Self, duration: Duration) -> Self {
        Self(nanoseconds: time.nanoseconds.addingSaturating(duration.wholeNanoseconds))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    public func since(_ earlier: Self) -> Duration {
        .nanoseconds(nanoseconds > earlier.nanoseconds ? Int64(clamping: nanoseconds - earlier.nanoseconds) : 0)
    }
}

extension UInt64 {
    fileprivate func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension Duration {
    /// Negative durations count as zero.
    fileprivate var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : whole.addingSaturating(UInt64(attoseconds) / 1_000_000_000)
    }
}
