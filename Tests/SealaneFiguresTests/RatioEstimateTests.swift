import Foundation
import SealaneFigures
import TestSupport
import Testing

@Suite struct RatioEstimateTests {
    private func estimate(_ ratios: [Double]) throws -> RatioEstimate {
        try #require(RatioEstimate(ratios.map { (value: $0 * 40e9, base: 40e9) }))
    }

    @Test func `the ratio is the geometric mean, with the interval of the logarithms`() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<200 {
            let ratios = (0..<5).map { _ in pow(10, Double.random(in: -12...12, using: &random)) }
            let logarithms = ratios.map { log($0) }
            let mean = logarithms.reduce(0, +) / 5
            let squares = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let halfWidth = 4.604 * (squares / 4 / 5).squareRoot()
            let estimate = try #require(RatioEstimate(ratios.map { ($0, 1) }))
            #expect(abs(estimate.ratio / exp(mean) - 1) < 1e-12)
            let interval = try #require(estimate.interval)
            #expect(abs(interval.lowerBound / exp(mean - halfWidth) - 1) < 1e-11)
            #expect(abs(interval.upperBound / exp(mean + halfWidth) - 1) < 1e-11)
        }
    }

    @Test func `values that are not positive, and no values, have no ratio`() {
        #expect(RatioEstimate([]) == nil)
        #expect(RatioEstimate([(1, 1), (0, 1)]) == nil)
        #expect(RatioEstimate([(1, 0)]) == nil)
        #expect(RatioEstimate([(.infinity, 1)]) == nil)
        #expect(RatioEstimate(independent: [], to: [1]) == nil)
    }

    @Test func `an interval without 1 differs, a narrow one around 1 is alike, a wide one is too noisy`() throws {
        #expect(try estimate([0.92, 0.93, 0.91, 0.92]).reading == .differs)
        #expect(try estimate([1.002, 0.999, 0.998, 1.003]).reading == .alike)
        #expect(try estimate([0.7, 1.2, 0.9, 1.3]).reading == .tooNoisy)
        #expect(try estimate([0.5]).reading == .tooNoisy)
        // Two rounds that agree to 1 % show nothing: 63.657 × 0.005 on either side.
        #expect(try estimate([1.00, 1.01]).reading == .tooNoisy)
    }

    @Test func `a ratio whose interval says nothing is a dash`() throws {
        // Two rounds: Student's factor is 63.657.
        let wild = try estimate([3.9, 16.6])
        #expect(wild.reading == .tooNoisy && !wild.isKnown)
        #expect(wild.text == "–")
        let wide = try estimate([0.7, 1.2, 0.9, 1.3])
        #expect(wide.reading == .tooNoisy && wide.isKnown)
        #expect(wide.text.hasPrefix("1.00 ("))
        // A difference is known, however wide its interval; a single round has none.
        #expect(try estimate([200, 9000, 1500, 700, 4000]).isKnown)
        #expect(try estimate([8.05]).text == "8.05")
        // The interval is beyond what a number can hold.
        #expect(try estimate([1e-9, 1e9]).text == "–")
    }

    @Test func `equal results of a coarse search have an interval`() throws {
        // Both have a resolution of a tenth: standard uncertainty 0.1 √(2 / 12), times 4.604.
        let pairs = Array(repeating: (value: 50.0, base: 100.0), count: 5)
        let interval = try #require(RatioEstimate(pairs, resolution: (value: 5, base: 10))?.interval)
        #expect(abs(interval.lowerBound - 0.5 * exp(-4.604 * 0.1 / 6.0.squareRoot())) < 1e-9)
        #expect(abs(interval.upperBound - 0.5 * exp(4.604 * 0.1 / 6.0.squareRoot())) < 1e-9)
    }

    @Test func `equal results of two coarse runs have an interval`() throws {
        func estimate(_ width: Double) throws -> RatioEstimate {
            try #require(
                RatioEstimate(
                    independent: Array(repeating: 112.5, count: 5), to: Array(repeating: 100, count: 5),
                    resolution: (value: width, base: width)))
        }
        #expect(try estimate(0).reading == .differs)
        #expect(try estimate(12.5).reading == .tooNoisy)
        // Both uncertainties, w/√12 over the value each, with at least the 4 degrees of freedom of five rounds.
        let halfWidth = 4.604 * 5 * (1 / (112.5 * 112.5) + 1 / 100.0 / 100).squareRoot() / 12.squareRoot()
        let interval = try #require(try estimate(5).interval)
        #expect(interval.upperBound <= 1.125 * exp(halfWidth) * (1 + 1e-9))
        #expect(interval.upperBound > 1.125 * exp(0.7 * halfWidth))
    }

    @Test func `ratios of unpaired values agree with Welch's test`() throws {
        // SciPy 1.17.1: ttest_ind of the logarithms with equal_var=False has 4.98 degrees of freedom here; with t for
        // 4, 4.604, the interval is 0.92175 to 1.62147.
        let estimate = try #require(RatioEstimate(independent: [10, 11, 9.5, 10.4, 10.9], to: [8, 8.9, 7.5, 9.6]))
        #expect(abs(estimate.ratio - 1.222_537) < 1e-6)
        #expect(abs(try #require(estimate.interval).lowerBound - 0.921_755) < 1e-5)
        #expect(abs(try #require(estimate.interval).upperBound - 1.621_470) < 3e-5)
    }

    /// Ratios of simulated runs whose true ratio is 0.7.
    private func runs(_ count: Int, of noise: Noise, rounds: Int, seed: UInt64) -> [RatioEstimate] {
        var random = SeededRandom(seed: seed)
        return (0..<count).compactMap { _ in
            RatioEstimate(
                (0..<rounds).map { round in
                    let off = noise.draw(round: round, &random)
                    return (value: 0.7 * exp(off.tunnel), base: exp(off.plain))
                })
        }
    }

    @Test(arguments: Noise.allCases, [3, 4, 5, 10])
    func `at least 98 % of the intervals contain the truth for any noise`(noise: Noise, rounds: Int) {
        let runs = runs(4000, of: noise, rounds: rounds, seed: 11)
        #expect(runs.count == 4000)
        let holding = runs.count { $0.interval?.contains(0.7) ?? false }
        #expect(holding >= 3920, "\(holding) of 4000")
    }

    @Test(
        arguments: Noise.allCases,
        [3, 4, 5, 10])
    func `of ten runs at least nine contain the common median, in 95 % of the cases`(noise: Noise, rounds: Int) throws {
        let runs = runs(4000, of: noise, rounds: rounds, seed: 13)
        let good = try stride(from: 0, to: runs.count, by: 10).count { start in
            let ten = runs[start..<start + 10]
            let median = try #require(Spread(ten.map(\.ratio))).median
            return ten.count { $0.interval?.contains(median) ?? false } >= 9
        }
        #expect(good >= 380, "\(good) of 400")
    }

    @Test func `a slowdown of both paths does not widen the interval`() throws {
        let drifting = try #require(Spread(runs(500, of: .drifting, rounds: 5, seed: 17).compactMap(width)))
        let normal = try #require(Spread(runs(500, of: .normal, rounds: 5, seed: 17).compactMap(width)))
        #expect(drifting.median < normal.median / 3)
    }

    private func width(_ estimate: RatioEstimate) -> Double? {
        estimate.interval.map { $0.upperBound / $0.lowerBound - 1 }
    }
}
