import SealaneTunnel

/// How often something may happen within a minute, for each key. What goes beyond that is counted. Small, since there may be
/// some keys for each of ten thousand peers.
package struct MinuteBudget: Sendable {
    /// What the hash of a key tells apart; it differs from one run of the program to the next.
    package typealias Key = Int

    private struct Entry {
        let end: MonotonicTime
        var suppressedAt: MonotonicTime
        var admitted: UInt32 = 1
        var suppressed: UInt32 = 0
    }

    private var entries: [Key: Entry] = [:]
    /// When `takeEnded` is next to be called; nil: nothing is counted.
    package private(set) var nextEnd: MonotonicTime?

    package init() {}

    private static var minute: Duration { .seconds(60) }

    /// Whether it may happen once more.
    ///
    /// - Parameter limit: how often in a minute, at least 1. The minute begins with the first time.
    package mutating func admits(_ key: Key, limit: Int, _ now: MonotonicTime) -> Bool {
        guard var entry = entries[key], entry.suppressed > 0 || now < entry.end else {
            begin(key, now)
            return true
        }
        let isAdmitted = entry.suppressed == 0 && entry.admitted < limit
        if isAdmitted {
            entry.admitted += 1
        } else {
            entry.suppressed += entry.suppressed == .max ? 0 : 1
            entry.suppressedAt = now
        }
        entries[key] = entry
        return isAdmitted
    }

    /// Counts one that was not told although there was room for its kind: it is told at the end of the minute.
    mutating func suppress(_ key: Key, _ now: MonotonicTime) {
        guard var entry = entries[key] else { return }
        entry.suppressed += entry.suppressed == .max ? 0 : 1
        entry.suppressedAt = now
        entries[key] = entry
    }

    private mutating func begin(_ key: Key, _ now: MonotonicTime) {
        let end = now + Self.minute
        entries[key] = Entry(end: end, suppressedAt: now)
        nextEnd = min(nextEnd ?? end, end)
    }

    /// What was suppressed in the minutes that are over, the latest last. For each a new minute has begun, in which telling
    /// this counts as the first time.
    package mutating func takeEnded(_ now: MonotonicTime) -> [(key: Key, suppressed: UInt64)] {
        guard let nextEnd, now >= nextEnd else { return [] }
        let ended = entries.filter { now >= $0.value.end }
        entries = entries.filter { now < $0.value.end }
        // At most once a second, since all entries are looked at.
        self.nextEnd = entries.values.map(\.end).min().map { max($0, now + .seconds(1)) }
        let suppressed = ended.filter { $0.value.suppressed > 0 }
            .sorted { $0.value.suppressedAt < $1.value.suppressedAt }
        for (key, _) in suppressed { begin(key, now) }
        return suppressed.map { ($0.key, UInt64($0.value.suppressed)) }
    }
}
