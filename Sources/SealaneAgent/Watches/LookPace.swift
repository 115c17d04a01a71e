import SealaneTunnel

/// How soon to check again something that other programs change: at once, unless checks take much processor time, or
/// another program keeps undoing the repairs.
struct LookPace {
    private var lookedAt: MonotonicTime?
    private var cost = Duration.zero
    /// The number of checks in a row that repaired something.
    private var repairs = 0
    private var repairedAt: MonotonicTime?

    /// A longer time without repairs ends the row.
    private static var quiet: Duration { .seconds(10) }
    /// More repairs in a row are a contest.
    private static var patience: Int { 20 }
    static var greatestRest: Duration { .milliseconds(250) }

    var isContested: Bool { repairs > Self.patience }

    func next(after now: MonotonicTime) -> MonotonicTime {
        guard let lookedAt else { return now }
        // At most a tenth of a processor.
        var rest = cost * 10
        if isContested {
            rest = max(rest, min(.milliseconds(10) * (1 << min(repairs - Self.patience, 6)), Self.greatestRest))
        }
        return max(now, lookedAt + rest)
    }

    mutating func record(hasRepaired: Bool, from began: MonotonicTime, to ended: MonotonicTime) {
        lookedAt = ended
        cost = ended.since(began)
        guard hasRepaired else { return }
        let isRow = repairedAt.map { ended.since($0) < Self.quiet } ?? false
        repairs = isRow ? repairs + 1 : 1
        repairedAt = ended
    }
}
