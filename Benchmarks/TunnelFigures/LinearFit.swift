/// The least-squares line through points: a fixed cost, and a cost for each further unit.
package struct LinearFit: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// y at x = 0.
    package let intercept: Double
    /// y per unit of x.
    package let slope: Double
    package let points: [Point]
    /// The range of x from the least to the greatest point.
    package let measured: ClosedRange<Double>

    /// Returns nil if there are fewer than three points, or if all points have the same x.
    package init?(_ points: [Point]) {
        let xs = points.map(\.x)
        guard points.count >= 3, let least = xs.min(), let greatest = xs.max(), least < greatest else { return nil }
        let count = Double(points.count)
        let meanX = xs.reduce(0, +) / count
        let meanY = points.map(\.y).reduce(0, +) / count
        let covariance = points.map { ($0.x - meanX) * ($0.y - meanY) }.reduce(0, +)
        let variance = xs.map { ($0 - meanX) * ($0 - meanX) }.reduce(0, +)
        slope = covariance / variance
        intercept = meanY - slope * meanX
        self.points = points
        measured = least...greatest
    }

    package func value(at x: Double) -> Double { intercept + slope * x }

    /// Measured minus predicted y for each point, in order.
    package var residuals: [Double] { points.map { $0.y - value(at: $0.x) } }

    /// Whether `x` lies outside the range of the points.
    package func isExtrapolated(at x: Double) -> Bool { !measured.contains(x) }
}
