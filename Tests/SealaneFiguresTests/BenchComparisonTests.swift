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

    @Test func `two equal reports have no differences`() {
        let same = comparison()
        #expect(same.differences.isEmpty)
        #expect(same.verdict.first == "Nothing changed beyond noise.")
        #expect(same.verdict.last?.hasPrefix("Within noise: TCP, 1 stream, to the server; ") == true)
        #expect(same.rows.count == 16)
    }

    @Test func `a change beyond noise is reported with its interval, and nothing else is`() throws {
        let faster = comparison(after: { $0.share = 0.4 })
        let row = try #require(faster.rows.first)
        // 0.40 instead of 0.32; plain is the same.
        #expect(abs(try #require(row.tunnel).ratio - 1.25) < 1e-9)
        #expect(abs(try #require(row.share).ratio - 1.25) < 1e-9)
        #expect(row.tunnel?.reading == .differs)
        #expect(faster.verdict[0].hasPrefix("TCP, 1 stream, to the server: 25 % faster ("))
        #expect(faster.verdict.last?.contains("TCP") == false)
        #expect(faster.text.contains("1.25 ("))
    }

    @Test func `a change within noise is not reported as one`() {
        let noisy = comparison(after: {
            $0.share = 0.36
            $0.scatter = [0.4, -0.4, 0.2, -0.3, 0.3]
        })
        #expect(noisy.verdict.first == "The data do not show whether anything changed.")
        #expect(noisy.verdict.last?.hasPrefix("Too noisy to tell: TCP, 1 stream, to the server; ") == true)
    }

    private func report(_ rate: Double, resolution: Double, isAtLeast: Bool) -> BenchReport {
        let whole = SampleBenchReport.report()
        let sample = UDPTest.Sample(
            datagramsPerSecond: rate, resolution: resolution, isAtLeast: isAtLeast, offered: rate, delivered: rate)
        let plain = UDPTest.Sample(
            datagramsPerSecond: 700_000, resolution: 0, isAtLeast: true, offered: 700_000, delivered: 700_000)
        let pairs = Array(repeating: BenchPair(first: .plain, plain: plain, tunnel: sample), count: 5)
        return BenchReport(
            startedAt: whole.startedAt, seconds: 1, isInterrupted: false, client: whole.client, server: whole.server,
            method: whole.method, tcp: [], udp: [UDPTest(payloadByteCount: 64, pairs: pairs)], roundTrips: [],
            connections: nil)
    }

    @Test func `one coarse step of a search is no change, several fine steps are`() {
        func first(_ resolution: Double) -> String? {
            BenchComparison(
                before: report(400_000, resolution: resolution, isAtLeast: false),
                after: report(440_000, resolution: resolution, isAtLeast: false)
            ).verdict.first
        }
        #expect(first(40_000) == "The data do not show whether anything changed.")
        #expect(first(4000)?.hasPrefix("UDP, 64 B, loss-free: 10 % faster (") == true)
    }

    @Test func `a change between lower bounds is limited to what could be offered`() throws {
        func first(_ before: Bool, _ after: Bool) throws -> String {
            try #require(
                BenchComparison(
                    before: report(400_000, resolution: 400, isAtLeast: before),
                    after: report(300_000, resolution: 300, isAtLeast: after)
                ).verdict.first)
        }
        #expect(try first(false, false).contains(": 25.0 % slower ("))
        #expect(try first(true, false).contains(": at least 25.0 % slower ("))
        #expect(try first(false, true).contains(": at most 25.0 % slower ("))
        #expect(
            try first(true, true).contains("), as far as could be offered through the tunnel; compared with plain: "))
        // Plain is a lower bound in both reports.
        #expect(try first(false, false).hasSuffix("), as far as could be offered."))
    }

    @Test func `other hosts, other settings and missing figures are listed`() {
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
        #expect(different.verdict.first == "The data do not show whether anything changed.")
        #expect(
            different.verdict.contains { $0.hasPrefix("No rate passed, or nothing was measured, before or after: ") })
    }
}
