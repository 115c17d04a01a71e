import FoundationEssentials

/// A duration as people write it: `20s`, `90m`, `1h30m`, `7d`.
package struct DurationText: Hashable, Sendable, LosslessStringConvertible {
    /// For errors: examples of what is valid.
    package static var examples: String { "such as 20s, 1h30m or 7d" }

    package let description: String
    /// The duration in seconds.
    package let interval: TimeInterval

    /// Nil unless `text` is one or several whole numbers, each followed by its unit: days, hours, minutes, seconds, in
    /// this order and each at most once. The sum is positive and at most a hundred years.
    package init?(_ text: String) {
        let limit = 36500 * 86400
        var units: [(name: Character, seconds: Int)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]
        var digits = ""
        var sum = 0
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let place = units.firstIndex(where: { $0.name == character }), let number = Int(digits),
                number <= limit / units[place].seconds
            else { return nil }
            sum += number * units[place].seconds
            units.removeSubrange(...place)
            digits = ""
        }
        guard digits.isEmpty, sum > 0, sum <= limit else { return nil }
        description = text
        interval = TimeInterval(sum)
    }
}
