import Foundation
import SealaneFigures
import TestSupport
import Testing

@Suite struct BenchPageTests {
    @Test func `the page is well-formed and self-contained`() throws {
        let page = BenchPage(SampleBenchReport.report()).html
        let reader = try PageReader(page)
        #expect(reader.elements["h1"] == 1)
        #expect(reader.elements["svg"] == 6)
        for foreign in ["<script", "src=", "http:", "https:", "@import", "url(", "onload"] {
            #expect(!page.contains(foreign))
        }
        for part in ["prefers-color-scheme: dark", "@media print"] { #expect(page.contains(part)) }
    }

    @Test func `the verdict comes first, then the remarks`() throws {
        var traits = SampleBenchReport.Traits()
        traits.isInterrupted = true
        let text = try PageReader(BenchPage(SampleBenchReport.report(traits)).html).text
        let places = ["TCP: 68.0", "Interrupted: ", "Tunnel ÷ plain", "Figures", "Hosts", "Method", "Every round"].map {
            text.firstRange(of: $0)?.lowerBound
        }
        #expect(places.allSatisfy { $0 != nil })
        #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
    }

    @Test func `the page has every value of every round`() throws {
        let report = SampleBenchReport.report()
        let text = try PageReader(BenchPage(report).html).text
        func expect(_ value: Double, _ format: String) {
            #expect(text.contains(String(format: format, value)), "\(value)")
        }
        for sample in report.tcp.flatMap(\.pairs).flatMap({ [$0.plain, $0.tunnel] }) {
            expect(sample.bitsPerSecond / 1e9, "%.1f")
            expect(sample.client.systemSeconds, "%.2f")
            expect(try #require(sample.server.agentSeconds), "%.2f")
        }
        for sample in report.udp.flatMap(\.pairs).flatMap({ [$0.plain, $0.tunnel] }) {
            for value in [sample.datagramsPerSecond, sample.offered, sample.delivered] { expect(value / 1000, "%.0f") }
        }
        for sample in report.roundTrips.flatMap(\.pairs).flatMap({ [$0.plain, $0.tunnel] }) {
            for value in [sample.p50Seconds, sample.p99Seconds, sample.p999Seconds] {
                expect(value * 1e6, value < 99.95e-6 ? "%.1f" : "%.0f")
            }
        }
    }

    @Test func `host names and failures are escaped`() throws {
        var traits = SampleBenchReport.Traits()
        traits.clientName = "<b>&\"'\u{1}\u{ffff}"
        traits.failures = ["</ul><script>alert(1)</script>"]
        let page = BenchPage(SampleBenchReport.report(traits)).html
        let reader = try PageReader(page)
        #expect(reader.elements["b"] == nil && reader.elements["script"] == nil)
        #expect(reader.text.contains("<b>&\"'\u{fffd}\u{fffd}"))
        #expect(reader.text.contains("</ul><script>alert(1)</script>"))
    }

    @Test func `a report without results makes a page`() throws {
        var traits = SampleBenchReport.Traits()
        traits.rounds = 0
        let reader = try PageReader(BenchPage(SampleBenchReport.report(traits)).html)
        #expect(reader.text.contains("No test was completed."))
        #expect(reader.elements["svg"] == nil)
    }

    @Test(arguments: [0, -1, .leastNonzeroMagnitude, 1e308, .infinity, .nan] as [Double])
    func `extreme values make a page too`(value: Double) throws {
        let whole = SampleBenchReport.report()
        let use = ProcessorUse(agentSeconds: value, busiestThreadSeconds: value, systemSeconds: value)
        func pairs<Sample>(_ odd: Sample, _ plain: Sample) -> [BenchPair<Sample>] {
            (0..<3).map { _ in .init(first: .plain, plain: plain, tunnel: odd) } + [
                .init(first: .tunnel, plain: odd, tunnel: plain)
            ]
        }
        let report = BenchReport(
            startedAt: whole.startedAt, seconds: value, isInterrupted: false, client: whole.client,
            server: whole.server, method: whole.method,
            tcp: [
                TCPTest(
                    streams: 1, direction: .toServer,
                    pairs: pairs(
                        .init(bitsPerSecond: value, seconds: value, retransmits: 0, client: use, server: use),
                        whole.tcp[0].pairs[0].plain))
            ],
            udp: [
                UDPTest(
                    payloadByteCount: 64,
                    pairs: pairs(
                        .init(
                            datagramsPerSecond: value, resolution: value, isAtLeast: true, offered: value,
                            delivered: value), whole.udp[0].pairs[0].plain))
            ], roundTrips: [], connections: nil)
        _ = try PageReader(BenchPage(report).html)
        #expect(!report.text.isEmpty)
        #expect(!BenchComparison(before: whole, after: report).text.isEmpty)
        #expect(!BenchComparison(before: report, after: report).text.isEmpty)
    }
}
