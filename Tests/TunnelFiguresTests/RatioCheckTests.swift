import Foundation
import TestSupport
import Testing
import TunnelFigures

@Suite struct RatioCheckTests {
    private static let throughput = RatioCheck.Ratio(.sealaneAESIPsecMB, to: .sealaneNoCipher, .tcp1, .batched)
    private static let cost = RatioCheck.Ratio(.sealaneAESIPsecMB, to: .sealaneNoCipher, .senderCost, .batched)

    private static func check(
        _ ratio: RatioCheck.Ratio, _ committed: Double, _ measured: Double, error: Double = 0
    ) -> RatioCheck {
        RatioCheck(
            ratio, committed: .init(ratio: committed, relativeError: error),
            measured: .init(ratio: measured, relativeError: error))
    }

    @Test func `less throughput is a regression only past the bound`() {
        #expect(Self.check(Self.throughput, 0.8, 0.8).decision == .holds)
        // 0.8 / 0.7 is 14.3 % worse, 0.8 / 0.69 15.9 %.
        #expect(Self.check(Self.throughput, 0.8, 0.70).decision == .holds)
        #expect(Self.check(Self.throughput, 0.8, 0.69).decision == .regressed)
        #expect(Self.check(Self.throughput, 0.8, 0.95).decision == .improved)
    }

    @Test func `more cost is a regression only past the bound`() {
        #expect(Self.check(Self.cost, 1.2, 1.37).decision == .holds)
        #expect(Self.check(Self.cost, 1.2, 1.39).decision == .regressed)
        #expect(Self.check(Self.cost, 1.2, 1.0).decision == .improved)
    }

    @Test func `noise of either run widens the bound by twice the standard error`() throws {
        // 15 % + 2 · √(0.05² + 0.05²) = 29.1 %
        let noisy = Self.check(Self.throughput, 0.8, 0.64, error: 0.05)
        #expect((try #require(noisy.bound) - 0.2914).magnitude < 0.0001)
        #expect((try #require(noisy.worsening) - 0.25).magnitude < 1e-9)
        #expect(noisy.decision == .holds)
        #expect(Self.check(Self.throughput, 0.8, 0.6, error: 0.05).decision == .regressed)
    }

    @Test func `a bound that is too wide does not pass, and still detects a regression beyond it`() {
        let noisy = Self.check(Self.throughput, 0.8, 0.8, error: 0.2)
        #expect(noisy.decision == .tooNoisy && !noisy.decision.passes)
        #expect(Self.check(Self.throughput, 0.8, 0.3, error: 0.2).decision == .regressed)
    }

    @Test func `a ratio that one of the runs lacks does not pass`() {
        let estimate = RatioCheck.Estimate(ratio: 1, relativeError: 0)
        for check in [
            RatioCheck(Self.cost, committed: nil, measured: estimate),
            RatioCheck(Self.cost, committed: estimate, measured: nil),
        ] {
            #expect(check.decision == .missing && !check.decision.passes)
        }
        let nothing = RatioCheck.compare(SampleRun.measurements(), with: SampleRun.measurements())
        #expect(nothing.count == RatioCheck.ratios.count)
        #expect(nothing.allSatisfy { $0.decision == .missing })
    }

    @Test func `an estimate is the ratio of medians with the error of both`() throws {
        // Medians 8 and 10; median absolute deviations 0 and 1: 1.2533 · 1.4826 · 1.206 · 1 / √5 / 10 = 10.02 %.
        let committed = SampleRun.measurements(Self.throughput, [8, 8, 8, 8, 8], [9, 10, 10, 11, 12])
        let checks = RatioCheck.compare(committed, with: committed)
        let check = try #require(checks.first { $0.ratio == Self.throughput })
        let estimate = try #require(check.committed)
        #expect((estimate.ratio - 0.8).magnitude < 1e-9)
        #expect((estimate.relativeError - 0.1002).magnitude < 0.0001)
        #expect(check.decision == .holds)
        // Four rounds do not show how noisy a machine is.
        let few = SampleRun.measurements(Self.throughput, [8, 8, 8, 8], [10, 10, 10, 10])
        #expect(RatioCheck.compare(few, with: committed).first { $0.ratio == Self.throughput }?.decision == .missing)
    }

    @Test func `a slower cipher is found among the other ratios`() throws {
        let ten = Array(repeating: 10.0, count: 5)
        let committed = SampleRun.measurements(Self.throughput, Array(repeating: 8, count: 5), ten)
        let slower = SampleRun.measurements(Self.throughput, Array(repeating: 5, count: 5), ten)
        let checks = RatioCheck.compare(slower, with: committed)
        #expect(checks.filter { $0.decision == .regressed }.map(\.ratio) == [Self.throughput])
        let row = try #require(RatioCheck.table(checks).rows.first { $0.last == "regressed" })
        #expect(
            row == [
                "TCP, 1 stream, batched: Sealane, AES-256-GCM, IPsec-MB / Sealane, no cipher", "0.800 ±0 %",
                "0.500 ±0 %", "60 %", "15 %", "regressed",
            ])
    }

    /// The decision of the check for two runs with equal noise, the second with `share` of the throughput.
    private static func decision(
        _ share: Double, scatter: Double, _ random: inout SeededRandom
    ) -> RatioCheck.Decision? {
        func samples(_ count: Int, _ middle: Double) -> [Double] {
            (0..<count).map { _ in
                let uniform = Double.random(in: 0x1p-53...1, using: &random)
                let angle = Double.random(in: 0..<2 * .pi, using: &random)
                return middle * exp(scatter * (-2 * log(uniform)).squareRoot() * cos(angle))
            }
        }
        let committed = SampleRun.measurements(throughput, samples(5, 8), samples(5, 10))
        let now = SampleRun.measurements(throughput, samples(7, 8 * share), samples(7, 10))
        return RatioCheck.compare(now, with: committed).first { $0.ratio == throughput }?.decision
    }

    @Test(arguments: [0.02, 0.05])
    func `noise alone fails at most one ratio in 1,600`(scatter: Double) {
        var random = SeededRandom(seed: 5)
        let failures = (0..<8000).count { _ in Self.decision(1, scatter: scatter, &random) == .regressed }
        #expect(failures <= 5, "\(failures) of 8000")
    }

    @Test func `the check detects losses of 20, 30 and 40 % at scatters of 2, 5 and 10 %`() {
        var random = SeededRandom(seed: 6)
        for (loss, scatter) in [(0.2, 0.02), (0.3, 0.05), (0.4, 0.1)] {
            let detected = (0..<2000).count { _ in Self.decision(1 - loss, scatter: scatter, &random) == .regressed }
            #expect(detected >= 1800, "\(detected) of 2000 losses of \(loss)")
        }
    }

    @Test func `the conclusion lists failures and missing contenders, or says that all hold`() {
        let check = Self.check(Self.throughput, 0.8, 0.8, error: 0.1)
        var measured = SampleRun.measurements()
        // 15 % + 2 · √(0.1² + 0.1²) = 43 %
        let good = RatioCheck.conclusion([check], of: measured)
        #expect(good.lines == ["all ratios hold: each is within its bound (widest bound: 43 %)"])
        #expect(good.status == 0)
        #expect(RatioCheck.conclusion([], of: measured).status == 2)
        let noisy = Self.check(Self.throughput, 0.8, 0.8, error: 0.2)
        #expect(RatioCheck.conclusion([check, noisy], of: measured).status == 2)
        let worse = RatioCheck.conclusion([check, Self.check(Self.cost, 1, 2)], of: measured)
        #expect(worse.lines == ["regressed: \(Self.cost.title)"])
        #expect(worse.status == 1)
        measured.contenders = [.init(contender: .wireGuardGo)]
        measured.contenders[0].skipped = "not installed"
        let lacking = RatioCheck.conclusion([check], of: measured)
        #expect(lacking.lines == ["not measured, or not in every round: wireguard-go: not installed"])
        #expect(lacking.status == 2)
        measured.contenders[0].fail("it ended")
        #expect(RatioCheck.conclusion([check], of: measured).status == 1)
    }

    @Test func `the check measures every contender that a ratio needs`() {
        for ratio in RatioCheck.ratios {
            #expect(RatioCheck.contenders.contains(ratio.contender) && RatioCheck.contenders.contains(ratio.other))
        }
        #expect(RatioCheck.contenders.contains(.sealaneNoCipher))
    }
}

/// Runs with made-up samples.
enum SampleRun {
    static let machine = Measurements.Machine(
        cpu: "a processor", cores: 2, memoryByteCount: 8 << 30, kernel: "6.1", system: "Debian",
        receiveBufferLimit: 212_992)

    static func measurements() -> Measurements {
        Measurements(
            startedAt: "2026-01-01T00:00:00Z", command: ["tunnel-bench"], rounds: 5, secondsPerMeasurement: 1,
            machine: machine, versions: [:], underlay: [], contenders: [])
    }

    /// - Parameters: samples of the ratio's contender, and of the other.
    static func measurements(_ ratio: RatioCheck.Ratio, _ samples: [Double], _ others: [Double]) -> Measurements {
        var measurements = measurements()
        for sample in samples { measurements.add(sample, ratio.figure, of: ratio.contender, ratio.mode) }
        for sample in others { measurements.add(sample, ratio.figure, of: ratio.other, ratio.mode) }
        return measurements
    }
}
