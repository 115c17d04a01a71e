import Foundation
import SealaneFigures
import Testing

@Suite struct MeanEstimateTests {
    @Test func `the interval of 1 to 5 equals the one computed by hand`() throws {
        // Variance 2.5, standard error √(2.5 / 5), t for 4 degrees of freedom 4.604.
        let estimate = try #require(MeanEstimate([1, 2, 3, 4, 5]))
        #expect(estimate.mean == 3)
        #expect(abs(try #require(estimate.halfWidth) - 4.604 * 0.5.squareRoot()) < 1e-9)
    }

    @Test func `a single sample has a mean without an interval, no sample has neither`() {
        #expect(MeanEstimate([]) == nil)
        #expect(MeanEstimate([7])?.mean == 7)
        #expect(MeanEstimate([7])?.halfWidth == nil)
    }

    @Test(arguments: 2...150)
    func `integrating Student's density gives 99 % within the quantile`(count: Int) throws {
        // Samples with a standard error of 1, so that half the width of the interval is the factor itself.
        let values = (0..<count).map { Double($0) }
        let mean = values.reduce(0, +) / Double(count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let scale = (squares / Double(count - 1) / Double(count)).squareRoot()
        let factor = try #require(MeanEstimate(values.map { $0 / scale })?.halfWidth)
        let inside = Self.share(within: factor, freedom: Double(count - 1))
        // Without an exact entry, the interval is wider than necessary. The published factors have three decimal
        // places.
        #expect(inside > 0.98998)
        #expect(inside < (count <= 31 ? 0.99002 : 0.9915))
    }

    /// Simpson's rule over the density (NIST/SEMATECH e-Handbook, 1.3.6.6.4).
    private static func share(within limit: Double, freedom: Double) -> Double {
        let scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / (freedom * .pi).squareRoot()
        func density(_ t: Double) -> Double { scale * pow(1 + t * t / freedom, -(freedom + 1) / 2) }
        let steps = 4000
        let width = limit / Double(steps)
        let sum = (0...steps).reduce(0.0) { sum, step in
            let weight = step == 0 || step == steps ? 1.0 : step % 2 == 1 ? 4 : 2
            return sum + weight * density(Double(step) * width)
        }
        return 2 * sum * width / 3
    }

    @Test func `a shared uncertainty widens the interval for any number of samples`() throws {
        let estimate = try #require(MeanEstimate(Array(repeating: 2, count: 5), systematic: 0.1))
        #expect(abs(try #require(estimate.halfWidth) - 0.4604) < 1e-9)
    }
}
