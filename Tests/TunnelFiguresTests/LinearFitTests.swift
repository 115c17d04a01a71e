import TestSupport
import Testing
import TunnelFigures

@Suite struct LinearFitTests {
    private static func points(_ xs: [Double], _ y: (Double) -> Double) -> [LinearFit.Point] {
        xs.map { LinearFit.Point(x: $0, y: y($0)) }
    }

    @Test func `exact points give their coefficients and no residuals`() throws {
        let fit = try #require(LinearFit(Self.points([64, 256, 512, 1024, 1400]) { 812 + 0.213 * $0 }))
        #expect((fit.intercept - 812).magnitude < 1e-9)
        #expect((fit.slope - 0.213).magnitude < 1e-12)
        #expect(fit.residuals.allSatisfy { $0.magnitude < 1e-9 })
        #expect((fit.value(at: 1000) - 1025).magnitude < 1e-9)
    }

    @Test func `Anscombe's table gives the published coefficients`() throws {
        // Anscombe 1973, "Graphs in Statistical Analysis", first set: y = 3.00 + 0.500 x.
        let xs = [10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
        let ys = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
        let fit = try #require(LinearFit(zip(xs, ys).map { LinearFit.Point(x: $0, y: $1) }))
        #expect((fit.intercept - 3.00).magnitude < 0.005)
        #expect((fit.slope - 0.500).magnitude < 0.0005)
    }

    @Test func `unbiased noise moves the line by less than its size and becomes the residuals`() throws {
        var random = SeededRandom(seed: 11)
        let points = Self.points((1...200).map { Double($0) * 7 }) {
            500 + 0.3 * $0 + Double.random(in: -20...20, using: &random)
        }
        let fit = try #require(LinearFit(points))
        #expect((fit.intercept - 500).magnitude < 10)
        #expect((fit.slope - 0.3).magnitude < 0.01)
        // By the definition of least squares, residuals sum to zero, also when weighted by x.
        #expect(fit.residuals.reduce(0, +).magnitude < 1e-6)
        #expect(zip(points, fit.residuals).map { $0.x * $1 }.reduce(0, +).magnitude < 1e-4)
        #expect(fit.residuals.contains { $0.magnitude > 10 })
    }

    @Test func `too few points, or points with one x, give no line`() {
        #expect(LinearFit([]) == nil)
        #expect(LinearFit(Self.points([1, 2]) { $0 }) == nil)
        #expect(LinearFit(Self.points([3, 3, 3]) { $0 }) == nil)
    }

    @Test func `values beyond the points are extrapolated`() throws {
        let fit = try #require(LinearFit(Self.points([64, 512, 1400]) { $0 }))
        #expect(!fit.isExtrapolated(at: 64) && !fit.isExtrapolated(at: 700) && !fit.isExtrapolated(at: 1400))
        #expect(fit.isExtrapolated(at: 63) && fit.isExtrapolated(at: 8900))
    }
}
