import FoundationEssentials

/// A duration as people write it: `90m`, `24h`, `7d`.
package struct DurationText: Hashable, Sendable, LosslessStringConvertible {
    package let description: String
    /// The duration in seconds.
    package let interval: TimeInterval

    /// Nil unless `text` is a positive whole number of minutes, hours or days, at most a hundred years.
    package init?(_ text: String) {
        let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()),
            text.dropLast().allSatisfy({ $0.isASCII && $0.isNumber }), number > 0, number <= 36500 * 86400 / unit
        else { return nil }
        description = text
        interval = TimeInterval(number * unit)
    }
}
