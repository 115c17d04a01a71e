/// How much of something may be had: a burst at once, and a rate after that.
struct TokenBucket: Sendable {
    let perSecond: Int
    let burst: Int
    private var tokens: Double
    private var filledAt: MonotonicTime?

    init(perSecond: Int, burst: Int) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = Double(burst)
    }

    /// Whether there is one to take at this moment.
    mutating func hasOne(at now: MonotonicTime) -> Bool {
        let (seconds, attoseconds) = now.since(filledAt ?? now).components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        tokens = min(Double(burst), tokens + elapsed * Double(perSecond))
        filledAt = now
        return tokens >= 1
    }

    mutating func takeOne() { tokens -= 1 }

    mutating func take(at now: MonotonicTime) -> Bool {
        guard hasOne(at: now) else { return false }
        takeOne()
        return true
    }
}
