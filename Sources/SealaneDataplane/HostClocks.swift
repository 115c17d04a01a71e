import SealaneLinux
import SealaneTunnel

/// The protocol's times, read from this host's clocks.
extension MonotonicTime {
    package static func ofHost() -> MonotonicTime {
        MonotonicTime(nanoseconds: MonotonicClock.now())
    }
}

extension Now {
    package static func ofHost() -> Now {
        let wall = WallClock.now()
        return Now(monotonic: .ofHost(), wall: TAI64N(unixSeconds: wall.seconds, nanoseconds: wall.nanoseconds))
    }
}
