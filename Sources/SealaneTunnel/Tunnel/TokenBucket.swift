/// Limits how often something happens: a burst at once, and a rate after that.
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

    /// Whether a token is left at this moment.
    mutating func hasOne(at now: MonotonicTime) -> Bool {
        let (seconds, attoseconds) = now.since(filledAt ?? now).components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        tokens = min(Double(burst), tokens + elapsed * Double(perSecond))
        filledAt = now
        return tokens >= 1
    }

    mutating func spendOne() { tokens -= 1 }

    /// Spends a token. False: the bucket is empty.
    mutating func spend(at now: MonotonicTime) -> Bool {
        guard hasOne(at: now) else { return false }
        spendOne()
        return true
    }
}
