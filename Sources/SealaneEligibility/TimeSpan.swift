/// Writes spans of time for people, in reports and in reasons.
package enum TimeSpan {
    /// The two greatest units: `12 s`, `3 min 5 s`, `4 h 2 min`, `3 d 4 h`.
    package static func text(seconds: Int) -> String {
        let units = [(86400, "d"), (3600, "h"), (60, "min"), (1, "s")]
        var rest = max(0, seconds)
        guard let first = units.firstIndex(where: { rest >= $0.0 }) else { return "0 s" }
        var parts: [String] = []
        for (length, unit) in units[first...].prefix(2) where rest >= length {
            parts.append("\(rest / length) \(unit)")
            rest %= length
        }
        return parts.joined(separator: " ")
    }
}
