import Foundation
import SealaneFigures
import Testing

@Suite struct MeanEstimateTests {
    @Test("the interval of 1 to 5 is what it is by hand")
    func byHand() throws {
        // Variance 2.5, standard error √(2.5 / 5), t for 4 degrees of freedom 4.604.
        let estimate = try #require(MeanEstimate([1, 2, 3, 4, 5]))
        #expect(estimate.mean == 3)
        #expect(abs(try #require(estimate.halfWidth) - 4.604 * 0.5.squareRoot()) < 1e-9)
    }

    @Test("a single sample has a mean and no interval; none has neither")
    func few() {
        #expect(MeanEstimate([]) == nil)
        #expect(MeanEstimate([7])?.mean == 7)
        #expect(MeanEstimate([7])?.halfWidth == nil)
    }

    @Test("Student's distribution holds 99 % within the factor, by integrating its density", arguments: 2...150)
    func quantiles(count: Int) throws {
        // Samples with a standard error of 1: the interval's half width is then the factor itself.
        let values = (0..<count).map { Double($0) }
        let mean = values.reduce(0, +) / Double(count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let scale = (squares / Double(count - 1) / Double(count)).squareRoot()
        let factor = try #require(MeanEstimate(values.map { $0 / scale })?.halfWidth)
        let inside = Self.share(within: factor, freedom: Double(count - 1))
        // Where there is no exact entry the interval is wider than it must be.
        // The published factors are rounded to three digits behind the point.
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

    @Test("what all samples share widens the interval however many there are")
    func systematic() throws {
        let estimate = try #require(MeanEstimate(Array(repeating: 2, count: 5), systematic: 0.1))
        #expect(abs(try #require(estimate.halfWidth) - 0.4604) < 1e-9)
    }
}
