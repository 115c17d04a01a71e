import Foundation
import Testing
import TunnelFigures

@Suite struct ScalePageTests {
    private static var empty: ScaleMeasurements {
        ScaleMeasurements(
            startedAt: "2026-01-01T00:00:00Z", command: ["tunnel-bench", "scale"], isQuick: false, rounds: 3,
            secondsPerMeasurement: 1, machine: SampleRun.machine, version: "0.1.0", mode: .wire)
    }

    /// Costs of 800 ns a packet and 0.2 ns a byte, twice that for the receiver.
    private static var measured: ScaleMeasurements {
        var measurements = empty
        for size in [64.0, 512, 1400] {
            let cost = (800 + 0.2 * size) * 1e-9
            measurements.add(cost, .senderCost, .packetSize, at: size)
            measurements.add(2 * cost, .receiverCost, .packetSize, at: size)
        }
        for count in [10.0, 1000, 100_000] {
            measurements.add(40 * 1_048_576 + 4096 * count, .memory, .configuredPeers, at: count)
        }
        for sample in [4e9, 6e9, 5e9] { measurements.add(sample, .throughput, .activePeersInRuns, at: 1) }
        for sample in [3e9, 4e9, 2e9] { measurements.add(sample, .throughput, .activePeersInRuns, at: 1000) }
        return measurements
    }

    private static func page(_ measurements: ScaleMeasurements) -> String {
        ScalePage.markdown(measurements, data: "scale.json", chart: "scale.svg")
    }

    @Test func `the worked example follows from the fitted costs`() {
        let page = Self.page(Self.measured)
        #expect(page.contains("| sender's agent, Packet size (UDP, MTU 1500) | 800 | 0.200 | 0 % |"))
        // 200,000 · (800 + 0.2 · 1000) ns = 0.2 cores, and twice that.
        #expect(page.contains("- sending: 200,000 × (800 + 0.200 × 1,000) ns = 0.20 cores"))
        #expect(page.contains("- receiving: 200,000 × (1600 + 0.400 × 1,000) ns = 0.40 cores"))
        #expect(page.contains("Together 0.60 cores of this processor, for 1.60 Gbit/s each way."))
    }

    @Test func `only values beyond the measured points are marked as extrapolated`() {
        let lines = Self.page(Self.measured).split(separator: "\n")
        // 1 / 1080 ns and 1 / 2580 ns; 1400 · 8 bit in 1080 ns are 10.4 Gbit/s.
        #expect(lines.contains("| 1,400 | 926 (10.4 Gbit/s) | 463 (5.19 Gbit/s) |"))
        #expect(
            lines.contains("| 8,900 | 388 (27.6 Gbit/s), extrapolated | 194 (13.8 Gbit/s), extrapolated |"))
        #expect(lines.contains("| 1,000 | 43.9 | 43.9 | 0.00 |"))
        #expect(lines.contains("| 1,000,000 | - | 3946 (extrapolated) | - |"))
        #expect(!Self.page(Self.measured).contains("| 100,000 | 431 | 431 (extrapolated)"))
    }

    @Test func `the ratio of many active peers to one is judged if it was measured`() {
        let lines = Self.page(Self.measured).split(separator: "\n")
        #expect(
            lines.contains {
                $0.hasPrefix("| Active peers, in runs of 32 datagrams (UDP, 1,372 B): 1,000 over 1 ")
                    && $0.hasSuffix("| 0.58 (0.15 to 2.28) | at least 0.70 | no, but within noise |")
            })
        #expect(
            lines.contains {
                $0.hasPrefix("| Active peers, each datagram") && $0.hasSuffix("| not measured | at least 0.70 | - |")
            })
    }

    @Test func `a ratio whose interval says nothing is a dash, not a number`() {
        var measurements = Self.empty
        for sample in [4e9, 0.5e9, 9e9] { measurements.add(sample, .throughput, .activePeersInRuns, at: 1) }
        for sample in [3e9, 9e9, 0.2e9] { measurements.add(sample, .throughput, .activePeersInRuns, at: 1000) }
        let page = Self.page(measurements)
        #expect(
            page.split(separator: "\n").contains {
                $0.hasPrefix("| Active peers, in runs of 32 datagrams (UDP, 1,372 B): 1,000 over 1 ")
                    && $0.hasSuffix("| - | at least 0.70 | - |")
            })
        #expect(page.contains("`-`: the brackets would span more than a factor of 100, so the ratio needs more "))
    }

    @Test func `tables have medians with minimum and maximum of all rounds`() throws {
        let table = try #require(ScalePage.table(Self.measured, .activePeersInRuns))
        #expect(table.rows == [["1", "5.00 (4.00 – 6.00)"], ["1,000", "3.00 (2.00 – 4.00)"]])
        #expect(ScalePage.table(Self.measured, .lanes) == nil)
    }

    @Test func `the page marks a quick run and lists failed points`() {
        var measurements = Self.measured
        #expect(!Self.page(measurements).contains("A quick run"))
        measurements.isQuick = true
        measurements.failures = ["100,000 configured peers: the agent did not start"]
        #expect(Self.page(measurements).contains("**A quick run: do not quote these figures.**"))
        #expect(Self.page(measurements).contains("- 100,000 configured peers: the agent did not start"))
    }

    @Test func `a page without measurements says so`() {
        let page = Self.page(Self.empty)
        #expect(page.contains("## What it costs\n\nNot measured."))
        #expect(page.contains("## Memory\n\nNot measured."))
    }

    @Test func `the chart has a curve for each measured figure`() {
        let chart = CurveChart.svg(Self.measured)
        // The sender's cost, the throughput of active peers, and memory.
        #expect(chart.split(separator: "<polyline").count == 4)
        #expect(chart.contains("prefers-color-scheme: dark"))
        #expect(chart.contains(">5.00</text>") && chart.contains(">3.00</text>"))
        #expect(!CurveChart.svg(Self.empty).contains("<polyline"))
    }

    @Test func `measurements decode from their JSON`() throws {
        let decoded = try JSONDecoder().decode(
            ScaleMeasurements.self, from: try JSONEncoder().encode(Self.measured))
        #expect(Self.page(decoded) == Self.page(Self.measured))
    }
}
