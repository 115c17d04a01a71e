import ArgumentParser
import Foundation
import SealaneAEAD
import SealaneFigures
import SealanePacket

@main
struct MicroBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro-bench",
        abstract: "Measures the parts of the packet path in memory, and counts what they ask of the heap and of Swift.",
        discussion: """
            Exits with 1 if the steady state allocates or retains, if lookup slows down with the peers, or if handshakes \
            with certificates are too slow.
            """)

    @Flag(help: "About 15 seconds instead of 90: figures for a first look.")
    var quick = false

    @Option(help: "Only what has this in its name; the steady state is counted all the same.")
    var filter: String?

    @Option(help: "Where to write all figures as JSON.")
    var json: String?

    private var rounds: Int { quick ? 3 : 9 }
    private var roundNanoseconds: UInt64 { quick ? 30_000_000 : 80_000_000 }

    func run() throws {
        try Counts.checkThatTheyCount()
        let benchmarks = try Catalog.benchmarks(filter: filter)
        for benchmark in benchmarks {
            _ = benchmark.time(lasting: roundNanoseconds / 3)
            benchmark.count(units: 1000)
        }
        // Interleaved: what else the machine does is to meet all of them.
        for _ in 0..<rounds {
            for benchmark in benchmarks { benchmark.round(lasting: roundNanoseconds) }
        }
        var report = Report(quick: quick, figures: benchmarks.compactMap { Report.Figure($0) })
        report.requirements = try Self.steadyState() + Self.lookup(benchmarks) + Self.handshakes(benchmarks)
        print(report.table.plain)
        print("\n" + report.requirementTable.plain)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report).write(to: URL(filePath: json))
        }
        guard report.requirements.allSatisfy(\.holds) else { throw ExitCode.failure }
    }

    /// The calls that 100,000 packets of each kind cause on their way out and in.
    private static func steadyState() throws -> [Report.Requirement] {
        var sum = Counts()
        for (suite, provider) in Catalog.ciphers {
            for traffic in Traffic.allCases {
                let way = Benchmark.of("steady state", per: "packet", WholeWay(try Path(traffic, suite, provider)))
                _ = way.time(lasting: 1_000_000)
                sum += way.count(units: 100_000)
            }
        }
        let name = "steady state, \(Catalog.ciphers.count * Traffic.allCases.count) x 100,000 packets out and in"
        return [
            Report.Requirement(
                name: "\(name): allocations", measured: max(sum.heapAllocations, sum.objects), atMost: 0),
            Report.Requirement(
                name: "\(name): retains and releases", measured: sum.retains + sum.releases, atMost: 0),
        ]
    }

    /// What a lookup costs among many peers, in terms of what it costs among few: the median of the rounds' ratios.
    private static func lookup(_ benchmarks: [Benchmark]) -> [Report.Requirement] {
        func nanoseconds(_ prefixes: Lookup.Prefixes, _ pattern: Lookup.Pattern, peers: Int) -> [Double] {
            let name = Catalog.lookupName(prefixes, pattern, peers: peers)
            return benchmarks.first { $0.name == name }?.nanoseconds ?? []
        }
        return Lookup.Prefixes.allCases.flatMap { prefixes in
            Lookup.Pattern.allCases.compactMap { pattern in
                let few = nanoseconds(prefixes, pattern, peers: 10)
                let many = nanoseconds(prefixes, pattern, peers: 100_000)
                guard let ratios = Spread(zip(many, few).map { $0 / $1 }) else { return nil }
                return Report.Requirement(
                    name: "lookup: \(prefixes.rawValue), \(pattern.rawValue), 100,000 against 10",
                    measured: ratios.median, atMost: 2)
            }
        }
    }

    /// Handshakes a second on one core: of both ends together, which must do, and of each alone.
    private static func handshakes(_ benchmarks: [Benchmark]) -> [Report.Requirement] {
        CertifiedHandshake.Verification.allCases.flatMap { verification in
            CertifiedHandshake.Work.allCases.compactMap { work in
                let name = CertifiedHandshake.name(work, verification)
                let rounds = benchmarks.first { $0.name == name }?.nanoseconds ?? []
                guard let spread = Spread(rounds) else { return nil }
                return Report.Requirement(
                    name: "\(name), a second", measured: 1e9 / spread.median,
                    atLeast: work == .both ? verification.leastPerSecond : nil)
            }
        }
    }
}
