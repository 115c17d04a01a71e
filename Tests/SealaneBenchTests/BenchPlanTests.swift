import SealaneBench
import SealaneFigures
import TestSupport
import Testing

@Suite("The plan of a run")
struct BenchPlanTests {
    private static let efforts: [BenchMethod.Effort] = [.quick, .normal, .full]

    @Test(
        "each test has both paths one right after the other in every round, and which is first alternates",
        arguments: efforts)
    func interleaved(effort: BenchMethod.Effort) {
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

    @Test("a test is called what the report calls it")
    func titles() {
        let page = BenchPage(SampleBenchReport.report()).html
        for test in BenchTest.all { #expect(page.contains("<h3>\(test.title)</h3>")) }
    }

    @Test(
        "all figures are in: TCP of 1, 4 and 16 streams both ways, three sizes of UDP, round trips idle and under load")
    func tests() {
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

    @Test("an interval needs some rounds, and the quick run keeps to about 20 seconds")
    func effort() {
        #expect(Self.efforts.allSatisfy { BenchPlan($0).rounds >= 4 })
        #expect(BenchPlan(.quick).expectedSeconds < 25)
        #expect(BenchPlan(.normal).expectedSeconds < 300)
        #expect(BenchPlan(.full).expectedSeconds > BenchPlan(.normal).expectedSeconds)
    }

    @Test("a server with the limits it has by itself serves every plan", arguments: efforts)
    func limits(effort: BenchMethod.Effort) {
        let plan = BenchPlan(effort)
        #expect(plan.longestTransferSeconds <= BenchLimits().seconds)
        for step in plan.steps { #expect(plan.transferLimitSeconds(step.test) <= plan.longestTransferSeconds) }
    }

    @Test("a round counts once both paths are there, in the order of the rounds")
    func pairs() {
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

    @Test("the progress line keeps to its width, never passes 100 %, and has no time left at the end")
    func progress() {
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
