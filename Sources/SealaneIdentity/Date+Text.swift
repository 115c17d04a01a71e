import FoundationEssentials

extension Date {
    /// RFC 3339 in UTC, whole seconds: `2026-11-21T15:00:00Z`.
    var text: String { formatted(.iso8601) }

    /// Rounded down: certificates have a resolution of one second.
    var wholeSeconds: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
