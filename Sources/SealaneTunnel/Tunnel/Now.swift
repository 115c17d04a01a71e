/// The time of a call: a monotonic moment for timers, and the wall clock for the timestamps of initiations.
public struct Now: Sendable {
    public var monotonic: MonotonicTime
    public var wall: TAI64N

    public init(monotonic: MonotonicTime, wall: TAI64N) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
