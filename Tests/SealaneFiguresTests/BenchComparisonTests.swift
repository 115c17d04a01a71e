import SealaneFigures
import TestSupport
import Testing

@Suite struct BenchComparisonTests {
    private func comparison(
        before: (inout SampleBenchReport.Traits) -> Void = { _ in },
        after: (inout SampleBenchReport.Traits) -> Void = { _ in }
    ) -> BenchComparison {
        var traits = (SampleBenchReport.Traits(), SampleBenchReport.Traits())
        before(&traits.0)
        after(&traits.1)
        return BenchComparison(before: SampleBenchReport.report(traits.0), after: SampleBenchReport.report(traits.1))
    }

    @Test("two reports of the same thing differ in nothing")
    func same() {
        let same = comparison()
        #expect(same.differences.isEmpty)
        #expect(same.verdict.first == "Nothing changed beyond noise.")
        #expect(same.verdict.last?.hasPrefix("Within noise: TCP, 1 stream, to the server; ") == true)
        #expect(same.rows.count == 16)
    }

    @Test("what changed is said with its interval, through the tunnel and beside plain, and nothing else is")
    func change() throws {
        let faster = comparison(after: { $0.share = 0.4 })
        let row = try #require(faster.rows.first)
        // 0.40 to 0.32; plain is the same.
        #expect(abs(try #require(row.tunnel).ratio - 1.25) < 1e-9)
        #expect(abs(try #require(row.share).ratio - 1.25) < 1e-9)
        #expect(row.tunnel?.reading == .differs)
        #expect(faster.verdict[0].hasPrefix("TCP, 1 stream, to the server: 25 % faster ("))
        #expect(faster.verdict.last?.contains("TCP") == false)
        #expect(faster.text.contains("1.25 ("))
    }

    @Test("a change that drowns in noise is not called one")
    func noise() {
        let noisy = comparison(after: {
            $0.share = 0.36
            $0.scatter = [0.4, -0.4, 0.2, -0.3, 0.3]
        })
        #expect(noisy.verdict.first == "Nothing changed beyond noise.")
        #expect(noisy.verdict.last?.hasPrefix("Too noisy to tell: TCP, 1 stream, to the server; ") == true)
    }

    @Test("other hosts, other settings and what was measured once only are pointed out")
    func differences() {
        let different = comparison(
            before: { $0.clientName = "c" },
            after: {
                $0.lanes = 1
                $0.rounds = 0
                $0.isInterrupted = true
            })
        #expect(
            different.differences == [
                "client's name: c before, a after", "server's lanes: 4 before, 1 after",
                "interrupted: no before, yes after",
            ])
        #expect(different.verdict.first == "Nothing changed beyond noise.")
        #expect(
            different.verdict.contains { $0.hasPrefix("No rate passed, or nothing was measured, before or after: ") })
    }
}
