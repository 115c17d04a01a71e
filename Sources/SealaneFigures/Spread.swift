/// Samples of one quantity, from the least to the greatest.
public struct Spread: Sendable, Equatable {
    private let ordered: [Double]

    /// nil without samples.
    public init?(_ samples: some Sequence<Double>) {
        ordered = samples.sorted()
        if ordered.isEmpty { return nil }
    }

    public var minimum: Double { ordered[0] }
    public var maximum: Double { ordered[ordered.count - 1] }

    /// The middle one, or the mean of both middle ones.
    public var median: Double {
        let middle = ordered.count / 2
        return ordered.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
    }

    /// The least sample that is not less than `share` (0...1) of them all: nearest rank.
    public func percentile(_ share: Double) -> Double {
        let rank = (share * Double(ordered.count)).rounded(.up)
        return ordered[min(max(Int(rank) - 1, 0), ordered.count - 1)]
    }
}
