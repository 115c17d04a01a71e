import Testing
import TunnelFigures

@Suite("The check against the committed ratios")
struct RatioCheckTests {
    private static let throughput = RatioCheck.Ratio(.sealaneAESIPsecMB, to: .sealaneNoCipher, .tcp1, .batched)
    private static let cost = RatioCheck.Ratio(.sealaneAESIPsecMB, to: .sealaneNoCipher, .senderCost, .batched)

    private static func check(
        _ ratio: RatioCheck.Ratio, _ committed: Double, _ measured: Double, error: Double = 0
    ) -> RatioCheck {
        RatioCheck(
            ratio, committed: .init(ratio: committed, relativeError: error),
            measured: .init(ratio: measured, relativeError: error))
    }

    @Test("less throughput is a regression past the bound, and not before")
    func throughput() {
        #expect(Self.check(Self.throughput, 0.8, 0.8).decision == .holds)
        // 0.8 / 0.7 is 14.3 % worse, 0.8 / 0.69 15.9 %.
        #expect(Self.check(Self.throughput, 0.8, 0.70).decision == .holds)
        #expect(Self.check(Self.throughput, 0.8, 0.69).decision == .regressed)
        #expect(Self.check(Self.throughput, 0.8, 0.95).decision == .improved)
    }

    @Test("more cost is a regression past the bound, and not before")
    func cost() {
        #expect(Self.check(Self.cost, 1.2, 1.37).decision == .holds)
        #expect(Self.check(Self.cost, 1.2, 1.39).decision == .regressed)
        #expect(Self.check(Self.cost, 1.2, 1.0).decision == .improved)
    }

    @Test("noise of either run widens the bound by twice the standard error of the change")
    func noise() throws {
        // 15 % + 2 · √(0.05² + 0.05²) = 29.1 %
        let noisy = Self.check(Self.throughput, 0.8, 0.64, error: 0.05)
        #expect((try #require(noisy.bound) - 0.2914).magnitude < 0.0001)
        #expect((try #require(noisy.worsening) - 0.25).magnitude < 1e-9)
        #expect(noisy.decision == .holds)
        #expect(Self.check(Self.throughput, 0.8, 0.6, error: 0.05).decision == .regressed)
    }

    @Test("a bound that is too wide passes nothing, and still sees what is beyond it")
    func tooNoisy() {
        let noisy = Self.check(Self.throughput, 0.8, 0.8, error: 0.2)
        #expect(noisy.decision == .tooNoisy && !noisy.decision.passes)
        #expect(Self.check(Self.throughput, 0.8, 0.3, error: 0.2).decision == .regressed)
    }

    @Test("what either run lacks has not passed")
    func missing() {
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

    @Test("ratios are those of medians, with the error of both sides")
    func estimates() throws {
        // Medians 8 and 10; median absolute deviations 0 and 1: 1.2533 · 1.4826 · 1 / √5 / 10 = 8.31 %.
        let committed = SampleRun.measurements(Self.throughput, [8, 8, 8, 8, 8], [9, 10, 10, 11, 12])
        let checks = RatioCheck.compare(committed, with: committed)
        let check = try #require(checks.first { $0.ratio == Self.throughput })
        let estimate = try #require(check.committed)
        #expect((estimate.ratio - 0.8).magnitude < 1e-9)
        #expect((estimate.relativeError - 0.0831).magnitude < 0.0001)
        #expect(check.decision == .holds)
        // Two rounds do not say how noisy a machine is.
        let few = SampleRun.measurements(Self.throughput, [8, 8], [10, 10])
        #expect(RatioCheck.compare(few, with: committed).first { $0.ratio == Self.throughput }?.decision == .missing)
    }

    @Test("a slower cipher is found among the other ratios")
    func found() throws {
        let committed = SampleRun.measurements(Self.throughput, [8, 8, 8], [10, 10, 10])
        let slower = SampleRun.measurements(Self.throughput, [5, 5, 5], [10, 10, 10])
        let checks = RatioCheck.compare(slower, with: committed)
        #expect(checks.filter { $0.decision == .regressed }.map(\.ratio) == [Self.throughput])
        let row = try #require(RatioCheck.table(checks).rows.first { $0.last == "regressed" })
        #expect(
            row == [
                "TCP, 1 stream, batched: Sealane, AES-256-GCM, IPsec-MB / Sealane, no cipher", "0.800 ±0 %",
                "0.500 ±0 %", "60 %", "15 %", "regressed",
            ])
    }

    @Test("every contender that a ratio needs is measured for the check")
    func contenders() {
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
