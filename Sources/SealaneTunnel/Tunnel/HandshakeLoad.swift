import SealanePacket

/// Counts the handshake messages a second that cost a Diffie-Hellman. If there are too many, decides which ones still may.
///
/// Under load only sources that returned a cookie are counted one by one: an attacker cannot use up another's allowance by forging
/// its address. Configured peers, at their endpoints, have allowances of their own: hosts of one subnet share an IPv6 /64, and
/// an attacker among them must not use up that of the others. All others share a ceiling, and so do those of each IPv6 /64, /56
/// and /48, since one attacker may have all of such a prefix.
struct HandshakeLoad {
    static var sourceLimit: Int { 4096 }
    private var windowStart = MonotonicTime(nanoseconds: 0)
    private var countInWindow = 0
    private var wasOverLimit = false
    private var bySource: [Source: TokenBucket] = [:]
    /// The sources of `bySource` in order of arrival, as a ring. `oldest` is the place of the oldest, which a new source takes when the
    /// table is full. A source that returns after it lost its place has a whole allowance; the ceilings bound the effect.
    private var arrivals: [Source] = []
    private var oldest = 0
    private var ofPeers = TokenBucket(
        perSecond: TunnelLimits.initiationsPerSecondOfPeers, burst: TunnelLimits.initiationsPerSecondOfPeers / 4)
    private var ofOthers = TokenBucket(
        perSecond: TunnelLimits.initiationsPerSecondOfOthers, burst: TunnelLimits.initiationsPerSecondOfOthers / 4)
    private var ofResponses = TokenBucket(
        perSecond: TunnelLimits.unprovenResponsesPerSecond, burst: TunnelLimits.unprovenResponsesPerSecond / 4)

    private struct Source: Hashable {
        let address: IPAddress
        /// Of the prefix; that of a whole address for a peer.
        let length: Int
        /// Of a peer; 0 for others.
        var port: UInt16 = 0
    }

    /// Counts an initiation before it costs work. True if the last second, or this one, had too many.
    mutating func isHigh(at now: MonotonicTime) -> Bool {
        let elapsed = now.since(windowStart)
        if elapsed >= .seconds(1) {
            wasOverLimit = elapsed < .seconds(2) && countInWindow > TunnelLimits.initiationsPerSecondBeforeLoad
            countInWindow = 0
            windowStart = now
            if !wasOverLimit { forgetSources() }
        }
        countInWindow += 1
        return wasOverLimit || countInWindow > TunnelLimits.initiationsPerSecondBeforeLoad
    }

    /// Spends one of the allowance of a source, which has returned a cookie. False: nothing is left.
    ///
    /// - Parameter isPeer: whether it is a configured peer's endpoint.
    mutating func allows(_ source: Endpoint, isPeer: Bool, at now: MonotonicTime) -> Bool {
        let sources = Self.sources(of: source, isPeer: isPeer)
        for (number, source) in sources.enumerated() where !hasOne(source, number, at: now) { return false }
        guard isPeer ? ofPeers.spend(at: now) : ofOthers.spend(at: now) else { return false }
        for source in sources { bySource[source]?.spendOne() }
        return true
    }

    /// Spends one of the allowance of responses without a proof that their sender has read the initiation.
    mutating func allowsUnprovenResponse(at now: MonotonicTime) -> Bool {
        ofResponses.spend(at: now)
    }

    /// The narrowest prefix first. Each wider one has twice the allowance.
    private static func sources(of source: Endpoint, isPeer: Bool) -> [Source] {
        let address = source.address
        if isPeer { return [Source(address: address, length: address.bitCount, port: source.port)] }
        if address.isIPv4 { return [Source(address: address, length: 32)] }
        return [64, 56, 48].map { length in
            Source(address: IPAddress(high: address.high & (.max << UInt64(64 - length)), low: 0), length: length)
        }
    }

    private mutating func hasOne(_ source: Source, _ number: Int, at now: MonotonicTime) -> Bool {
        if bySource[source] == nil {
            bySource[source] = TokenBucket(
                perSecond: TunnelLimits.initiationsPerSecondPerSource << number,
                burst: TunnelLimits.initiationBurstPerSource << number)
            if arrivals.count < Self.sourceLimit {
                arrivals.append(source)
            } else {
                bySource[arrivals[oldest]] = nil
                arrivals[oldest] = source
                oldest = (oldest + 1) % Self.sourceLimit
            }
        }
        return bySource[source]?.hasOne(at: now) ?? false
    }

    private mutating func forgetSources() {
        guard !arrivals.isEmpty else { return }
        (bySource, arrivals, oldest) = ([:], [], 0)
    }
}
