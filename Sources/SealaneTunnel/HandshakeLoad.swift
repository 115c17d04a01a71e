import SealanePacket

/// How many initiations a second cost a Diffie-Hellman, and, once that is too many, how many each source may still have.
///
/// Only sources that returned a cookie are counted one by one: an attacker cannot use up another's allowance by forging
/// its address, nor fill the table with addresses that are not its own.
struct HandshakeLoad {
    static var sourceLimit: Int { 4096 }
    /// From no allowance to a whole one.
    private static var refillTime: Duration {
        .seconds(1) * TunnelLimits.initiationBurstPerSource / TunnelLimits.initiationsPerSecondPerSource
    }
    private var windowStart = MonotonicTime(nanoseconds: 0)
    private var countInWindow = 0
    private var wasOverLimit = false
    private var bySource: [IPAddress: Bucket] = [:]

    private struct Bucket {
        var tokens: Double
        var filledAt: MonotonicTime
    }

    /// Counts an initiation that is about to be worked on. True if the last second, or this one, had too many.
    mutating func isHigh(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(windowStart)
        if elapsed >= .seconds(1) {
            wasOverLimit = elapsed < .seconds(2) && countInWindow > TunnelLimits.initiationsPerSecondBeforeLoad
            countInWindow = 0
            windowStart = now
            // Who has its whole allowance again is forgotten, or the sources of a long flood would keep all others out.
            bySource = bySource.filter { now.since($0.value.filledAt) < Self.refillTime }
        }
        countInWindow += 1
        return wasOverLimit || countInWindow > TunnelLimits.initiationsPerSecondBeforeLoad
    }

    /// Takes one from what the source, which has returned a cookie, may have now.
    mutating func allows(_ source: IPAddress, at now: MonotonicTime) -> Bool {
        let key = source.isIPv4 ? source : IPAddress(high: source.high, low: 0)
        let burst = Double(TunnelLimits.initiationBurstPerSource)
        if bySource[key] == nil, bySource.count >= Self.sourceLimit { return false }
        var bucket = bySource[key] ?? Bucket(tokens: burst, filledAt: now)
        let (seconds, attoseconds) = now.since(bucket.filledAt).components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        bucket.tokens = min(burst, bucket.tokens + elapsed * Double(TunnelLimits.initiationsPerSecondPerSource))
        bucket.filledAt = now
        let isAllowed = bucket.tokens >= 1
        if isAllowed { bucket.tokens -= 1 }
        bySource[key] = bucket
        return isAllowed
    }
}
