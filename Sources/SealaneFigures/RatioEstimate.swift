/// How many times as great one quantity is as another.
///
/// Of pairs measured one right after the other the logarithms of the ratios are averaged: what slows both halves of a pair
/// cancels out, and what slows one half now and then scatters to both sides alike, as the interval's theory wants. The
/// ratio is therefore a geometric mean.
public struct RatioEstimate: Sendable, Equatable {
    /// What can be said with `MeanEstimate.confidence`.
    public enum Reading: Sendable, Equatable {
        /// The ratio is not 1.
        case differs
        /// Nothing tells it from 1, and it is not farther from it than `alikeRange`.
        case alike
        /// It may be 1, and may as well be far from it.
        case tooNoisy
    }

    /// A difference of less than 10 % either way.
    public static var alikeRange: ClosedRange<Double> { 1 / 1.1...1.1 }

    /// Of the ratio's logarithm.
    let logarithm: MeanEstimate

    init(logarithm: MeanEstimate) {
        self.logarithm = logarithm
    }

    /// - Parameters:
    ///   - pairs: what is compared, beside what it is compared with.
    ///   - resolution: how finely either could be told, in the pairs' unit.
    /// - Returns: nil without pairs, or if one holds what is not positive: that has no ratio.
    public init?(_ pairs: [(value: Double, base: Double)], resolution: (value: Double, base: Double) = (0, 0)) {
        guard pairs.allSatisfy({ $0.value > 0 && $0.base > 0 && $0.value.isFinite && $0.base.isFinite }) else {
            return nil
        }
        let value = Self.uncertainty(pairs.map(\.value), resolution.value)
        let base = Self.uncertainty(pairs.map(\.base), resolution.base)
        guard
            let logarithm = MeanEstimate(
                pairs.map { Logarithm.natural($0.value) - Logarithm.natural($0.base) },
                systematic: (value * value + base * base).squareRoot())
        else { return nil }
        self.init(logarithm: logarithm)
    }

    /// Of values that were not measured in pairs: the ratio of the geometric means.
    /// - Parameter resolution: how finely either could be told, in the values' unit.
    /// - Returns: nil if either has no value, or one that is not positive.
    public init?(
        independent values: [Double], to bases: [Double], resolution: (value: Double, base: Double) = (0, 0)
    ) {
        func logarithm(_ values: [Double], _ resolution: Double) -> MeanEstimate? {
            guard values.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
            return MeanEstimate(
                values.map(Logarithm.natural), systematic: Self.uncertainty(values, resolution))
        }
        guard let value = logarithm(values, resolution.value), let base = logarithm(bases, resolution.base) else {
            return nil
        }
        self.init(logarithm: value.difference(from: base))
    }

    /// The standard uncertainty of the values' logarithms, of which each is known to lie in an interval of width w: w/√12
    /// of them (JCGM 100:2008, 4.3.7).
    private static func uncertainty(_ values: [Double], _ width: Double) -> Double {
        width / (values.reduce(0, +) / Double(values.count)) / 12.squareRoot()
    }

    public var ratio: Double { Logarithm.exponential(logarithm.mean) }

    /// Where the ratio lies with `MeanEstimate.confidence`; nil with a single pair.
    public var interval: ClosedRange<Double>? {
        guard let halfWidth = logarithm.halfWidth, halfWidth.isFinite else { return nil }
        return Logarithm.exponential(logarithm.mean - halfWidth)...Logarithm.exponential(logarithm.mean + halfWidth)
    }

    public var reading: Reading {
        guard let interval else { return .tooNoisy }
        guard interval.contains(1) else { return .differs }
        let alike = Self.alikeRange
        return interval.lowerBound >= alike.lowerBound && interval.upperBound <= alike.upperBound ? .alike : .tooNoisy
    }

    /// How many times as great this ratio is as `other`, of independent samples.
    public func change(from other: RatioEstimate) -> RatioEstimate {
        RatioEstimate(logarithm: logarithm.difference(from: other.logarithm))
    }
}
