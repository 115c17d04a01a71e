/// Sorted samples of one quantity.
package struct Spread: Sendable, Equatable {
    private let ordered: [Double]

    /// nil without samples.
    package init?(_ samples: some Sequence<Double>) {
        ordered = samples.sorted()
        if ordered.isEmpty { return nil }
    }

    package var minimum: Double { ordered[0] }
    package var maximum: Double { ordered[ordered.count - 1] }

    /// The middle sample, or the mean of the two middle samples.
    package var median: Double {
        let middle = ordered.count / 2
        return ordered.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }

    /// The least sample such that at least `share` (0...1) of all samples are not greater: nearest rank.
    package func percentile(_ share: Double) -> Double {
        let rank = (share * Double(ordered.count)).rounded(.up)
        return ordered[min(max(Int(rank) - 1, 0), ordered.count - 1)]
    }
}
