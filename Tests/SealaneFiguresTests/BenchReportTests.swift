import Foundation
import SealaneFigures
import TestSupport
import Testing

@Suite struct BenchReportTests {
    private func json(_ report: BenchReport) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        return try [UInt8](encoder.encode(report))
    }

    private func edited(_ edit: (inout [String: Any]) -> Void) throws -> [UInt8] {
        let bytes = try json(SampleBenchReport.report())
        var object = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        edit(&object)
        return try [UInt8](JSONSerialization.data(withJSONObject: object))
    }

    @Test func `a report decodes from its JSON, including warnings`() throws {
        var traits = SampleBenchReport.Traits()
        traits.lanes = 1
        traits.offloadsOff = ["gso"]
        traits.busy = 1
        traits.scatter = [0.5, -0.4, 0.3]
        traits.isInterrupted = true
        traits.failures = ["it failed"]
        let report = SampleBenchReport.report(traits)
        #expect(report.warnings.count > 4)
        #expect(try BenchReport(json: json(report)) == report)
    }

    @Test func `an invalid report is refused with the reason`() throws {
        #expect(throws: BenchReportProblem.self) { try BenchReport(json: Array("[1]".utf8)) }
        let other = try edited { $0["schemaVersion"] = 2 }
        #expect { try BenchReport(json: other) } throws: { "\($0)" == "schemaVersion 2; expected 1" }
        let without = try edited { $0["method"] = nil }
        #expect { try BenchReport(json: without) } throws: { "\($0)".hasSuffix(": method is missing") }
        let wrong = try edited { $0["udp"] = [["payloadByteCount": "64", "pairs": []]] }
        #expect { try BenchReport(json: wrong) } throws: { "\($0)".contains("udp.0.payloadByteCount: ") }
        let steering = try edited {
            $0["tcp"] = [["streams": 1, "direction": "\u{1b}[2J", "pairs": [Int]()] as [String: Any]]
        }
        #expect { try BenchReport(json: steering) } throws: {
            "\($0)".contains("tcp.0.direction: ") && !"\($0)".contains("\u{1b}")
        }
    }

    @Test func `figures contain the samples in the order of the rounds`() throws {
        let figures = SampleBenchReport.report().figures
        #expect(figures.count == 6 + 3 + 6 + 1)
        let first = try #require(figures.first)
        #expect(first.kind == .tcp(streams: 1, .toServer))
        #expect(abs(first.tunnel[1] - 44e9 * 0.32 * (1 - 0.012)) < 1)
        #expect(abs(first.plain[1] - 44e9 * 0.998) < 1)
        #expect(Set(figures.map(\.kind)).count == figures.count)
    }

    @Test func `costs are CPU seconds for each GiB and cores for 10 Gbit a second of both hosts`() throws {
        // The sample uses 0.06 and 0.1 CPU seconds for a gigabit on each host.
        let cost = try #require(SampleBenchReport.report().costs.first)
        for value in cost.systemTunnel { #expect(abs(value - 0.1 * 8.589_934_592) < 1e-9) }
        for value in cost.systemPlain { #expect(abs(value - 0.06 * 8.589_934_592) < 1e-9) }
        for value in cost.agentTunnel { #expect(abs(value - 0.045 * 8.589_934_592) < 1e-9) }
        #expect(abs(try #require(SampleBenchReport.report().coresPerTenGigabit).mean - 0.8) < 1e-9)
        var traits = SampleBenchReport.Traits()
        traits.sharesMachine = true
        #expect(abs(try #require(SampleBenchReport.report(traits).coresPerTenGigabit).mean - 0.4) < 1e-9)
    }

    @Test func `too few round trips have no p99.9`() throws {
        func report(_ count: Int, lost: Int = 0) -> BenchReport {
            let whole = SampleBenchReport.report()
            func sample(_ count: Int) -> RoundTripTest.Sample {
                .init(p50Seconds: 1e-3, p99Seconds: 2e-3, p999Seconds: 3.21e-3, count: count, lost: lost)
            }
            let pairs = (0..<5).map { _ in BenchPair(first: .plain, plain: sample(20_000), tunnel: sample(count)) }
            return BenchReport(
                startedAt: whole.startedAt, seconds: 1, isInterrupted: false, client: whole.client,
                server: whole.server, method: whole.method, tcp: [], udp: [],
                roundTrips: [RoundTripTest(load: .loaded, pairs: pairs)], connections: nil)
        }
        #expect(report(1000).figures.map(\.tunnel.count) == [5, 5, 5])
        #expect(report(999).figures.map(\.tunnel.count) == [5, 5, 0])
        #expect(report(99).figures.map(\.plain.count) == [5, 0, 0])
        #expect(report(999).text.contains(#/round trip, loaded, p99.9 +– +– +µs +– +not measured\n/#))
        #expect(BenchPage(report(1000)).html.ranges(of: "<td>3210</td>").count > 10)
        #expect(BenchPage(report(999)).html.ranges(of: "<td>3210</td>").count == 5)
        #expect(report(1000).remarks.isEmpty)
        #expect(
            report(1000, lost: 21).remarks == [
                "Echoes were lost (round trip, loaded, plain: 0.1 %; round trip, loaded, tunnel: 2.1 %): the round trips "
                    + "cover only the others."
            ])
    }

    @Test func `a lower bound is not exact, and the search's resolution does not widen it`() throws {
        func report(isAtLeast: (plain: Bool, tunnel: Bool)) -> BenchReport {
            let test = UDPTest(
                payloadByteCount: 64,
                pairs: (0..<5).map { _ in
                    .init(
                        first: .plain, plain: sample(1000, isAtLeast: isAtLeast.plain),
                        tunnel: sample(500, isAtLeast: isAtLeast.tunnel))
                })
            let whole = SampleBenchReport.report()
            return BenchReport(
                startedAt: whole.startedAt, seconds: 1, isInterrupted: false, client: whole.client,
                server: whole.server, method: whole.method, tcp: [], udp: [test], roundTrips: [], connections: nil)
        }
        func sample(_ rate: Double, isAtLeast: Bool) -> UDPTest.Sample {
            .init(datagramsPerSecond: rate, resolution: 100, isAtLeast: isAtLeast, offered: rate, delivered: rate)
        }
        let open = report(isAtLeast: (plain: true, tunnel: false))
        let figure = try #require(open.figures.first)
        #expect(figure.isAtLeast == [.plain])
        // 100 of 500, divided by √12, times 4.604.
        let upper = try #require(figure.estimate?.interval?.upperBound)
        #expect(abs(upper - 0.5 * exp(4.604 * 0.2 / 12.0.squareRoot())) < 1e-9)
        #expect(open.verdict == ["UDP without loss: at least 50 % slower (35 to 62 %) with 64 B."])
        #expect(
            report(isAtLeast: (plain: true, tunnel: true)).verdict == [
                "UDP without loss: 50.0 % slower (50.0 to 50.0 %), as far as could be offered with 64 B."
            ])
    }
}
