import SealaneBench
import SealaneFigures
import TestSupport
import Testing

@Suite struct BenchPlanTests {
    private static let efforts: [BenchMethod.Effort] = [.quick, .normal, .full]

    @Test(arguments: efforts)
    func `each test measures both paths in a row, and the first path alternates`(effort: BenchMethod.Effort) {
        let plan = BenchPlan(effort)
        #expect(plan.steps.count == plan.rounds * plan.tests.count * 2)
        for index in stride(from: 0, to: plan.steps.count, by: 2) {
            let (one, other) = (plan.steps[index], plan.steps[index + 1])
            #expect(one.test == other.test)
            #expect(one.round == other.round)
            #expect(one.path != other.path)
            #expect(one.first == one.path)
            #expect(other.first == one.path)
            #expect(one.first == (one.round.isMultiple(of: 2) ? .plain : .tunnel))
        }
    }

    @Test func `test titles are those of the report`() {
        let page = BenchPage(SampleBenchReport.report()).html
        for test in BenchTest.all { #expect(page.contains("<h3>\(test.title)</h3>")) }
    }

    @Test func `a run has TCP of 1, 4 and 16 streams, three UDP sizes, round trips and connections`() {
        #expect(Set(BenchTest.all).count == 6 + 3 + 2 + 1)
        #expect(BenchPlan(.normal).tests == BenchTest.all)
        #expect(BenchPlan(.full).tests == BenchTest.all)
        #expect(Set(BenchTest.all).subtracting(BenchPlan(.quick).tests) == [.udp(payloadByteCount: 512)])
        for streams in [1, 4, 16] {
            for direction in TCPTest.Direction.allCases {
                #expect(BenchTest.all.contains(.tcp(streams: streams, direction)))
            }
        }
    }

    @Test func `every run has at least 4 rounds, and a quick one takes about 20 seconds`() {
        #expect(Self.efforts.allSatisfy { BenchPlan($0).rounds >= 4 })
        #expect(BenchPlan(.quick).expectedSeconds < 25)
        #expect(BenchPlan(.normal).expectedSeconds < 300)
        #expect(BenchPlan(.full).expectedSeconds > BenchPlan(.normal).expectedSeconds)
    }

    @Test(arguments: efforts)
    func `the default limits of a server allow every plan`(effort: BenchMethod.Effort) {
        let plan = BenchPlan(effort)
        #expect(plan.longestTransferSeconds <= BenchLimits().seconds)
        for step in plan.steps { #expect(plan.transferLimitSeconds(step.test) <= plan.longestTransferSeconds) }
    }

    @Test func `only rounds with both paths count, in order`() {
        var samples = PairedSamples<Int>()
        func step(_ round: Int, _ path: BenchPath) -> BenchPlan.Step {
            BenchPlan.Step(
                round: round, test: .connections, path: path, first: round.isMultiple(of: 2) ? .plain : .tunnel)
        }
        samples.add(20, step(1, .tunnel))
        samples.add(10, step(0, .plain))
        #expect(samples.pairs.isEmpty)
        samples.add(21, step(1, .plain))
        #expect(samples.pairs == [BenchPair(first: .tunnel, plain: 21, tunnel: 20)])
        samples.add(11, step(0, .tunnel))
        samples.add(30, step(2, .plain))
        #expect(samples.pairs.map(\.plain) == [10, 21])
        #expect(samples.last(.plain) == 30)
        #expect(samples.last(.tunnel) == 20)
    }

    @Test func `the progress line fits its width, stops at 100 %, and ends with no time left`() {
        for done in [0.0, 5, 20, 30] {
            let line = BenchProgress(total: 20, done: done, elapsed: done, now: String(repeating: "x", count: 90))
                .line(width: 79)
            #expect(line.count <= 79)
        }
        #expect(BenchProgress(total: 20, done: 5, elapsed: 10, now: "").secondsLeft == 30)
        #expect(BenchProgress(total: 20, done: 20, elapsed: 25, now: "").line(width: 79).contains("100 %  0 s left"))
        #expect(BenchProgress(total: 20, done: 30, elapsed: 25, now: "").line(width: 79).contains("100 %"))
        #expect(BenchProgress(total: 600, done: 0, elapsed: 0, now: "").line(width: 79).contains("  0 %  10 min left"))
    }
}
