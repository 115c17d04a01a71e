extension RatioEstimate {
    /// `0.92 (0.89 to 0.95)`, or `–` if the ratio is not known.
    package var text: String {
        guard isKnown else { return "–" }
        return Digits.fixed(ratio, 2)
            + (interval.map { " (\(Digits.fixed($0.lowerBound, 2)) to \(Digits.fixed($0.upperBound, 2)))" } ?? "")
    }

    /// Formats the ratio as words: `8 % slower (5 to 11 %)`, `2.4 times as long (2.1 to 2.7)`, `within noise`, `too
    /// noisy to tell (...)`, `too noisy to tell`.
    /// - Parameter kind: determines the words for less and more.
    func words(_ kind: BenchFigure.Kind) -> String {
        guard let interval else { return "\(share(ratio, kind)) in the only round" }
        switch reading {
        case .alike: return "within noise"
        case .tooNoisy where !isKnown: return "too noisy to tell"
        case .tooNoisy:
            return "too noisy to tell (\(share(interval.lowerBound, kind)) to \(share(interval.upperBound, kind)))"
        case .differs where ratio >= 2:
            let times = kind.isMoreBetter ? "times as fast" : "times as long"
            return "\(Digits.fixed(ratio, 1)) \(times) (\(Digits.fixed(interval.lowerBound, 1)) to "
                + "\(Digits.fixed(interval.upperBound, 1)))"
        case .differs:
            let ends = [interval.lowerBound, interval.upperBound].map { ($0 - 1).magnitude }.sorted()
            let places = ends[1] - ends[0] < 0.015 ? 1 : nil
            return
                "\(share(ratio, kind, places)) (\(Self.percent(ends[0], places)) to \(Self.percent(ends[1], places)) %)"
        }
    }

    /// The same for values, or base values, that are only lower bounds.
    func words(_ kind: BenchFigure.Kind, isAtLeast: Bool, isBaseAtLeast: Bool) -> String {
        let words = words(kind)
        guard isAtLeast || isBaseAtLeast else { return words }
        if reading == .differs, isAtLeast != isBaseAtLeast {
            if ratio < 1 { return isBaseAtLeast ? "at least \(words)" : "at most \(words)" }
            if isAtLeast { return "at least \(words)" }
        }
        return "\(words), as far as could be offered"
    }

    /// `8 % slower`.
    private func share(_ ratio: Double, _ kind: BenchFigure.Kind, _ places: Int? = nil) -> String {
        ratio >= 2
            ? "\(Digits.fixed(ratio, 1)) times as \(kind.isMoreBetter ? "fast" : "long")"
            : "\(Self.percent((ratio - 1).magnitude, places)) % \(kind.comparative(ratio))"
    }

    /// - Parameter places: decimal places; nil: one if the number would otherwise read 0.
    private static func percent(_ share: Double, _ places: Int?) -> String {
        Digits.fixed(share * 100, places ?? (share < 0.0095 ? 1 : 0))
    }
}

extension BenchFigure {
    /// The estimate in words, with the reservations of lower bounds.
    var words: String {
        guard let estimate else {
            if plain.isEmpty { return "not measured" }
            return tunnel.contains(0)
                ? "no rate passed through the tunnel in some round" : "no rate passed in some round"
        }
        return estimate.words(
            kind, isAtLeast: isAtLeast.contains(.tunnel), isBaseAtLeast: isAtLeast.contains(.plain))
    }
}
