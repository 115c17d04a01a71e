/// The straight line through points that leaves the least squares: what a thing costs at all, and what each unit more adds.
public struct LinearFit: Sendable, Equatable {
    public struct Point: Sendable, Equatable {
        public var x: Double
        public var y: Double

        public init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// y at x = 0.
    public let intercept: Double
    /// y per unit of x.
    public let slope: Double
    public let points: [Point]
    /// From the least x of the points to the greatest.
    public let measured: ClosedRange<Double>

    /// nil with fewer than three points, through which a line says nothing about itself, or when all have one x.
    public init?(_ points: [Point]) {
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

    public func value(at x: Double) -> Double { intercept + slope * x }

    /// What was measured beyond what the line says, for each point in order, in units of y.
    public var residuals: [Double] { points.map { $0.y - value(at: $0.x) } }

    /// Whether the line goes on there beyond what was measured.
    public func isExtrapolated(at x: Double) -> Bool { !measured.contains(x) }
}
