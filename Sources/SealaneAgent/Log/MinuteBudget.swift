import SealaneTunnel

/// Limits how often something happens per minute, for each key, and counts what exceeds the limit. Entries are small,
/// because each of ten thousand peers may have several keys.
package struct MinuteBudget: Sendable {
    /// A hash value, which differs between runs of the program.
    package typealias Key = Int

    private struct Entry {
        let end: MonotonicTime
        var suppressedAt: MonotonicTime
        var admitted: UInt32 = 1
        var suppressed: UInt32 = 0
    }

    private var entries: [Key: Entry] = [:]
    /// When to call `takeEnded` next; nil: no minute is running.
    package private(set) var nextEnd: MonotonicTime?

    package init() {}

    private static var minute: Duration { .seconds(60) }

    /// Whether it may happen once more. Counts it.
    ///
    /// - Parameter limit: per minute, at least 1. A minute starts with the first occurrence.
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

    /// Counts an occurrence that was allowed but suppressed for another reason. It is reported at the end of the
    /// minute.
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

    /// The suppressed occurrences of all minutes that are over, the latest last. Each key starts a new minute, in which
    /// the report counts as the first occurrence.
    package mutating func takeEnded(_ now: MonotonicTime) -> [(key: Key, suppressed: UInt64)] {
        guard let nextEnd, now >= nextEnd else { return [] }
        let ended = entries.filter { now >= $0.value.end }
        entries = entries.filter { now < $0.value.end }
        // At most once a second, because this visits all entries.
        self.nextEnd = entries.values.map(\.end).min().map { max($0, now + .seconds(1)) }
        let suppressed = ended.filter { $0.value.suppressed > 0 }
            .sorted { $0.value.suppressedAt < $1.value.suppressedAt }
        for (key, _) in suppressed { begin(key, now) }
        return suppressed.map { ($0.key, UInt64($0.value.suppressed)) }
    }
}
