/// Estimates the mean of a population from a few samples, with an interval of Student's t.
///
/// The confidence is 99 %: a report has about ten such intervals, and nine of ten reports should agree in all of them.
/// With 95 %, even perfect noise would break this in one case of twelve. If the noise has heavier tails than a normal
/// distribution, the interval is wider than necessary, not narrower.
package struct MeanEstimate: Sendable, Equatable {
    package static var confidence: Double { 0.99 }

    package let mean: Double
    /// Half the width of the interval; nil with a single sample.
    package let halfWidth: Double?
    /// The variance of the mean, from the scatter of the samples.
    let variance: Double
    let freedom: Double

    /// - Parameter systematic: a standard uncertainty shared by all samples, which more samples do not reduce
    ///   (JCGM 100:2008, 4.3).
    /// - Returns: nil without samples.
    package init?(_ samples: [Double], systematic: Double = 0) {
        guard !samples.isEmpty else { return nil }
        let count = Double(samples.count)
        let mean = samples.reduce(0, +) / count
        let squares = samples.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let variance = samples.count > 1 ? squares / (count - 1) / count : 0
        self.init(mean: mean, variance: variance + systematic * systematic, freedom: count - 1)
    }

    private init(mean: Double, variance: Double, freedom: Double) {
        self.mean = mean
        self.variance = variance
        self.freedom = freedom
        halfWidth = freedom >= 1 ? Self.quantile(freedom: Int(min(freedom, 1000))) * variance.squareRoot() : nil
    }

    /// The difference of this mean and `other`, of independent samples: Welch 1947, with the degrees of freedom of
    /// Satterthwaite 1946. These are at least those of the smaller sample.
    package func difference(from other: MeanEstimate) -> MeanEstimate {
        let sum = variance + other.variance
        let least = min(freedom, other.freedom)
        guard least >= 1, sum > 0 else {
            return MeanEstimate(mean: mean - other.mean, variance: sum, freedom: least)
        }
        let ownShare = variance * variance / freedom
        let otherShare = other.variance * other.variance / other.freedom
        return MeanEstimate(
            mean: mean - other.mean, variance: sum, freedom: max(least, sum * sum / (ownShare + otherShare)))
    }

    /// The two-sided 99 % quantile of Student's distribution. For degrees that the table lacks, the quantile of the
    /// next lower degree, which is greater.
    /// - Parameter freedom: degrees of freedom, at least 1.
    static func quantile(freedom: Int) -> Double {
        if freedom <= table.count { return table[max(freedom, 1) - 1] }
        return freedom >= 120 ? 2.617 : freedom >= 60 ? 2.660 : freedom >= 40 ? 2.704 : 2.750
    }

    /// For 1 to 30 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, column 0.995.
    private static var table: [Double] {
        [
            63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169,
            3.106, 3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861, 2.845,
            2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
        ]
    }
}
