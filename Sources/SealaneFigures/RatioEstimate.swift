/// The ratio of two quantities.
///
/// For pairs measured directly after each other, the estimate averages the logarithms of the ratios. A slowdown of both
/// halves of a pair cancels out. A slowdown of one half scatters to both sides equally, as Student's t requires. The
/// ratio is therefore a geometric mean.
package struct RatioEstimate: Sendable, Equatable {
    /// What the ratio shows with `MeanEstimate.confidence`.
    package enum Reading: Sendable, Equatable {
        /// The interval excludes 1.
        case differs
        /// The interval contains 1 and lies within `alikeRange`.
        case alike
        /// The interval contains 1 but extends beyond `alikeRange`.
        case tooNoisy
    }

    /// Less than 10 % difference in either direction.
    package static var alikeRange: ClosedRange<Double> { 1 / 1.1...1.1 }

    /// The estimate of the logarithm of the ratio.
    let logarithm: MeanEstimate

    init(logarithm: MeanEstimate) {
        self.logarithm = logarithm
    }

    /// - Parameters:
    ///   - pairs: the compared value and its base.
    ///   - resolution: the resolution of values and bases, in the unit of the pairs.
    /// - Returns: nil without pairs, or if a value is not positive.
    package init?(_ pairs: [(value: Double, base: Double)], resolution: (value: Double, base: Double) = (0, 0)) {
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

    /// Estimates the ratio of unpaired values: the ratio of their geometric means.
    /// - Parameter resolution: the resolution of values and bases, in their unit.
    /// - Returns: nil if either list is empty or has a value that is not positive.
    package init?(
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

    /// The standard uncertainty of the logarithms of the values. Each value is known to lie in an interval of width w:
    /// w/√12 over the mean (JCGM 100:2008, 4.3.7).
    private static func uncertainty(_ values: [Double], _ width: Double) -> Double {
        width / (values.reduce(0, +) / Double(values.count)) / 12.squareRoot()
    }

    package var ratio: Double { Logarithm.exponential(logarithm.mean) }

    /// Contains the ratio with `MeanEstimate.confidence`; nil with a single pair.
    package var interval: ClosedRange<Double>? {
        guard let halfWidth = logarithm.halfWidth, halfWidth.isFinite else { return nil }
        return Logarithm.exponential(logarithm.mean - halfWidth)...Logarithm.exponential(logarithm.mean + halfWidth)
    }

    package var reading: Reading {
        guard let interval else { return .tooNoisy }
        guard interval.contains(1) else { return .differs }
        let alike = Self.alikeRange
        return interval.lowerBound >= alike.lowerBound && interval.upperBound <= alike.upperBound ? .alike : .tooNoisy
    }

    /// Whether the ratio is worth printing. An interval that contains 1 and spans more than `widestSpan` says nothing: the
    /// ratio needs more rounds.
    package var isKnown: Bool {
        guard reading == .tooNoisy, let interval else { return true }
        return interval.upperBound / interval.lowerBound <= Self.widestSpan
    }

    /// A factor of ten in either direction.
    package static var widestSpan: Double { 100 }

    /// The ratio of this ratio to `other`, of independent samples.
    package func change(from other: RatioEstimate) -> RatioEstimate {
        RatioEstimate(logarithm: logarithm.difference(from: other.logarithm))
    }
}
