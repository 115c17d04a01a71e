/// The CPU time that TCP takes of one host, on both paths, a value for each round.
public struct BenchCost: Sendable, Equatable {
    public static var bitsPerGiB: Double { 8 * 1_073_741_824 }

    public let test: BenchFigure.Kind
    public let end: BenchEnd
    /// CPU seconds per GiB: all that the host was busy with, and of that the agent's.
    public let systemPlain: [Double]
    public let systemTunnel: [Double]
    /// Empty where no agent was asked.
    public let agentTunnel: [Double]
}

extension BenchReport {
    /// For each TCP test, its client and its server. A round in which nothing got through has no cost.
    public var costs: [BenchCost] {
        tcp.flatMap { test in
            let pairs = test.pairs.filter { $0.plain.bits > 0 && $0.tunnel.bits > 0 }
            return BenchEnd.allCases.map { end in
                BenchCost(
                    test: .tcp(streams: test.streams, test.direction), end: end,
                    systemPlain: pairs.map { $0.plain.secondsPerBit(end) * BenchCost.bitsPerGiB },
                    systemTunnel: pairs.map { $0.tunnel.secondsPerBit(end) * BenchCost.bitsPerGiB },
                    agentTunnel: pairs.compactMap { pair in
                        pair.tunnel.use(end).agentSeconds.map { $0 / pair.tunnel.bits * BenchCost.bitsPerGiB }
                    })
            }
        }
    }

    /// How many processors more 10 Gbit/s take through the tunnel, on both hosts together: of the tests with the fewest
    /// streams, in either direction. nil without a finished round.
    public var coresPerTenGigabit: MeanEstimate? {
        let least = tcp.filter { !$0.pairs.isEmpty }.map(\.streams).min()
        let ends = method.sharesMachine ? [BenchEnd.client] : BenchEnd.allCases
        let pairs = tcp.filter { $0.streams == least }.flatMap(\.pairs).filter {
            $0.plain.bits > 0 && $0.tunnel.bits > 0
        }
        return MeanEstimate(
            pairs.map { pair in
                ends.reduce(0) { $0 + (pair.tunnel.secondsPerBit($1) - pair.plain.secondsPerBit($1)) * 1e10 }
            })
    }
}

extension TCPTest.Sample {
    var bits: Double { bitsPerSecond * seconds }
    fileprivate func secondsPerBit(_ end: BenchEnd) -> Double { use(end).systemSeconds / bits }
}
