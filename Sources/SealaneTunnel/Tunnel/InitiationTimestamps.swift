/// The timestamps of initiations: those that peers stated, and the last one that this host stated.
struct InitiationTimestamps {
    /// By public key, so that a peer that is removed and added again has the same history.
    private(set) var histories: [PublicKey: InitiationHistory] = [:]
    /// Counts the changes of `histories`.
    private(set) var version: UInt64 = 0
    private var lastStated: TAI64N?

    func judge(_ timestamp: TAI64N, of key: PublicKey, at wall: TAI64N) -> InitiationHistory.Novelty {
        (histories[key] ?? InitiationHistory()).judge(timestamp, at: wall)
    }

    mutating func record(_ timestamp: TAI64N, of key: PublicKey, at wall: TAI64N) {
        histories[key, default: InitiationHistory()].record(timestamp, at: wall)
        version += 1
    }

    mutating func restore(_ histories: [PublicKey: InitiationHistory]) {
        self.histories = histories
    }

    /// Forgets keys without a peer, the oldest first, when there are too many.
    mutating func forgetStrangers(peerCount: Int, isPeer: (PublicKey) -> Bool) {
        guard histories.count > peerCount + TunnelLimits.rememberedStrangers else { return }
        let strangers = histories.filter { !isPeer($0.key) }
        let oldestFirst = strangers.sorted { ($0.value.greatest ?? .zero) < ($1.value.greatest ?? .zero) }
        for (key, _) in oldestFirst.prefix(TunnelLimits.rememberedStrangers / 2) { histories[key] = nil }
    }

    /// A timestamp for this host's next initiation: greater than all before, even after the clock was set back.
    mutating func next(_ wall: TAI64N) -> TAI64N {
        let timestamp = max(wall, lastStated?.successor ?? wall)
        lastStated = timestamp
        return timestamp
    }

    /// Follows a clock that was ahead and was set back: peers accepted none of the timestamps from the time between.
    mutating func followClock(backTo wall: TAI64N) {
        if let lastStated, lastStated > wall { self.lastStated = nil }
    }
}
