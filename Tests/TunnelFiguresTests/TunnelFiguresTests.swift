import Foundation
import Testing
import TunnelFigures

@Suite struct TunnelFiguresTests {
    @Test func `numbers have three significant digits`() {
        #expect(Figure.tcp1.text(13_964e6) == "14.0")
        #expect(Figure.tcp1.text(44e9) == "44.0")
        #expect(Figure.tcp1.text(999.6e9) == "1000")
        #expect(Figure.tcp1.text(1.006e9) == "1.01")
        #expect(Figure.tcp1.text(9.996e9) == "10.0")
        #expect(Figure.udp64Delivered.text(440_400) == "440")
        #expect(Figure.idleP50.text(0.000_019_04) == "19.0")
        #expect(Figure.senderCost.text(0.051) == "0.05")
        #expect(Figure.memory.text(48 * 1_048_576) == "48.0")
    }

    @Test func `tables have medians, ratios to wireguard-go and gaps`() throws {
        var measurements = Self.empty
        for (contender, samples) in [
            (Contender.sealaneAESIPsecMB, [11e9, 15e9, 13e9]), (.wireGuardGo, [1e9, 2e9, 0.5e9]),
        ] {
            for sample in samples { measurements.add(sample, .tcp1, of: contender, .batched) }
        }
        let table = try #require(measurements.medians(.tcp, .batched))
        #expect(
            table.rows == [
                ["Sealane, AES-256-GCM, IPsec-MB", "13.0 (13.0x)", "-", "-", "-"],
                ["wireguard-go", "1.00", "-", "-", "-"],
            ])
        #expect(measurements.medians(.tcp, .wire) == nil)
        #expect(try #require(measurements.extremes(.tcp, .batched)).rows[0][1] == "11.0 – 15.0")
        let lines = table.plain.split(separator: "\n")
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(table.markdown.hasPrefix("| TCP, Gbit/s, batched | 1 stream |"))
    }

    @Test func `a bound holds, fails, or is not measured`() throws {
        var measurements = Self.empty
        measurements.add(12e9, .tcp1, of: .sealaneAESIPsecMB, .batched)
        measurements.add(1e9, .tcp1, of: .wireGuardGo, .batched)
        measurements.add(49 * 1_048_576, .memory, of: .sealaneAESIPsecMB, .batched)
        let rows = measurements.requirements.rows
        #expect(
            rows[0] == ["TCP, 1 stream, AES-256-GCM, IPsec-MB, batched", "12.0", "at least 12 x wireguard-go", "yes"])
        #expect(rows[1].suffix(3) == ["not measured", "at least 0.75 x Sealane, no cipher", "-"])
        let memory = try #require(rows.first { $0[0] == "resident memory, one busy peer" })
        #expect(memory == ["resident memory, one busy peer", "49.0", "at most 48 MiB", "no"])
    }

    @Test func `page and chart have the measurements and the reasons for missing ones`() {
        var measurements = Self.empty
        measurements.add(12e9, .tcp1, of: .sealaneAESIPsecMB, .batched)
        measurements.add(8e9, .tcp1, of: .sealaneAESIPsecMB, .wire)
        measurements.contenders[1].skipped = "not installed"
        let page = Page.markdown(measurements, data: "benchmarks.json", chart: "benchmarks.svg")
        #expect(page.contains("![TCP, UDP and round trips of Sealane and other tunnels](benchmarks.svg)"))
        #expect(page.contains("- wireguard-go: not installed"))
        #expect(page.contains("| Sealane, AES-256-GCM, IPsec-MB | 12.0 | - | - | - |"))
        let chart = Chart.svg(measurements)
        #expect(chart.contains(">12.0</text>"))
        #expect(chart.contains(">8.00</text>"))
        #expect(!chart.contains("UDP, 64"))
        #expect(chart.contains("prefers-color-scheme: dark"))
    }

    @Test func `latency under load has its own table, each figure in its unit`() throws {
        var measurements = Self.empty
        for (figure, value) in [
            (Figure.loadedP50, 0.000_225), (.loadedP99, 0.003_15), (.loadedGrowth, 1.02), (.loadedTCP, 5.4e9),
        ] {
            measurements.add(value, figure, of: .sealaneAESIPsecMB, .batched)
        }
        let table = try #require(measurements.medians(.load, .batched))
        #expect(table.heading.dropFirst() == ["p50", "p99", "p50 late / early", "the stream, Gbit/s"])
        #expect(table.rows == [["Sealane, AES-256-GCM, IPsec-MB", "225", "3150", "1.02", "5.40"]])
        #expect(measurements.medians(.roundTrip, .batched) == nil)
        #expect(Page.markdown(measurements, data: "", chart: "").contains("Latency under load: round trip"))
    }

    @Test func `a later run replaces figures of all contenders, and the page says which`() throws {
        var first = Self.empty
        for contender in [Contender.sealaneAESIPsecMB, .wireGuardGo] {
            first.add(1e9, .tcp1, of: contender, .batched)
            first.add(0.002, .loadedP50, of: contender, .batched)
        }
        #expect(first.supplements == nil)
        #expect(!Page.markdown(first, data: "", chart: "").contains("A later run"))
        var later = Self.empty
        later.startedAt = "2026-02-02T00:00:00Z"
        later.command = ["tunnel-bench", "run", "--steps", "loaded"]
        later.add(0.001, .loadedP50, of: .sealaneAESIPsecMB, .batched)
        later.contenders[1].fail("no such program")
        for _ in 0..<2 {
            first.replaceFigures(by: later)
            let read = try JSONDecoder().decode(Measurements.self, from: JSONEncoder().encode(first))
            #expect(read.spread(.loadedP50, of: .sealaneAESIPsecMB, .batched)?.median == 0.001)
            #expect(read.spread(.loadedP50, of: .wireGuardGo, .batched) == nil)
            #expect(read.spread(.tcp1, of: .wireGuardGo, .batched)?.median == 1e9)
            // A supplement whose figures are all replaced disappears.
            #expect(read.supplements?.map(\.figures) == [[.loadedP50]])
        }
        let page = Page.markdown(first, data: "", chart: "")
        #expect(page.contains("*Latency under load: round trip, µs, beside one TCP stream*"))
        #expect(page.contains("It began 2026-02-02T00:00:00Z on the same kind of machine"))
        #expect(page.contains("with 3 rounds of 2.00 s"))
        #expect(page.contains("`tunnel-bench run --steps loaded`"))
        #expect(page.contains("wireguard-go: not measured: failed: no such program"))
    }

    private static var empty: Measurements {
        Measurements(
            startedAt: "2026-01-01T00:00:00Z", command: ["tunnel-bench"], rounds: 3, secondsPerMeasurement: 2,
            machine: SampleRun.machine, versions: [:], underlay: [],
            contenders: [.init(contender: .sealaneAESIPsecMB), .init(contender: .wireGuardGo)])
    }
}
