/// The CPU time of TCP on one host, on both paths, one value for each round.
package struct BenchCost: Sendable, Equatable {
    package static var bitsPerGiB: Double { 8 * 1_073_741_824 }

    package let test: BenchFigure.Kind
    package let end: BenchEnd
    /// CPU seconds per GiB: of the whole host on either path, and of the agent alone through the tunnel.
    package let systemPlain: [Double]
    package let systemTunnel: [Double]
    /// Empty without an agent.
    package let agentTunnel: [Double]
}

extension BenchReport {
    /// Costs for the client and the server of each TCP test. Leaves out rounds in which nothing was transferred.
    package var costs: [BenchCost] {
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

    /// The additional processors for 10 Gbit/s through the tunnel, on both hosts together. Uses the tests with the
    /// fewest streams, in both directions. nil without a finished round.
    package var coresPerTenGigabit: MeanEstimate? {
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
