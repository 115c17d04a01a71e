extension BenchReport {
    /// A processor that is busy for this share of the time counts as fully busy.
    private static var busyShare: Double { 0.9 }

    /// Derives the warnings from the facts and figures of this report.
    var foundWarnings: [BenchWarning] {
        (isInterrupted ? [.interrupted] : []) + noise + losses
            + BenchEnd.allCases.flatMap { end in limits(at: end) + setup(of: end) }
    }

    /// Checks only the medians of round trips, because long tails are always noisy.
    private var noise: [BenchWarning] {
        let tests = figures.filter { figure in
            if case .roundTrip(_, let quantile) = figure.kind, quantile != .p50 { return false }
            return figure.estimate?.reading == .tooNoisy
        }
        return tests.isEmpty ? [] : [.noisy(tests: tests.map(\.kind.title))]
    }

    private var losses: [BenchWarning] {
        let tests = roundTrips.flatMap { test in
            BenchPath.allCases.compactMap { path -> String? in
                let samples = test.pairs.map { path == .plain ? $0.plain : $0.tunnel }
                let lost = samples.reduce(0.0) { $0 + Double($1.lost) }
                let share = lost / samples.reduce(lost) { $0 + Double($1.count) }
                guard share > 0.001 else { return nil }
                return "\(test.load.title), \(path.rawValue): \(Digits.fixed(share * 100, 1)) %"
            }
        }
        return tests.isEmpty ? [] : [.echoesLost(tests: tests)]
    }

    private func setup(of end: BenchEnd) -> [BenchWarning] {
        guard let agent = host(end).agent else { return [] }
        let off = agent.offloads.filter { !$0.on }.map(\.name)
        return (off.isEmpty ? [] : [.offloadsOff(end: end, offloads: off)])
            + (agent.lanes == 1 && host(end).processors > 1
                ? [.oneLane(end: end, processors: host(end).processors)] : [])
    }

    private func limits(at end: BenchEnd) -> [BenchWarning] {
        let limits: [(BenchWarning.ProcessorLimit, (TCPTest.Sample) -> Double?)] = [
            (.host, { hostShare($0, end) }), (.agent, { agentShare($0, end) }),
            (.tool, { sample in sample.use(end).toolSeconds.map { $0 / sample.seconds } }),
        ]
        return limits.compactMap { limit, share in
            // Both hosts share the processors of one machine: warn only once.
            if limit == .host, method.sharesMachine, end == .server { return nil }
            let tests = tcp.filter { test in
                let shares = test.pairs.compactMap { share($0.tunnel) }
                return Spread(shares).map { $0.median >= Self.busyShare } ?? false
            }
            let titles = tests.map { BenchFigure.Kind.tcp(streams: $0.streams, $0.direction).title }
            return titles.isEmpty ? nil : .processorLimit(end: end, limit: limit, tests: titles)
        }
    }

    private func hostShare(_ sample: TCPTest.Sample, _ end: BenchEnd) -> Double? {
        sample.use(end).systemSeconds / sample.seconds / Double(max(host(end).processors, 1))
    }

    /// The share of the agent's busiest thread, or of all its lanes if the threads are unknown.
    private func agentShare(_ sample: TCPTest.Sample, _ end: BenchEnd) -> Double? {
        let use = sample.use(end)
        if let busiest = use.busiestThreadSeconds { return busiest / sample.seconds }
        guard let agent = host(end).agent, let seconds = use.agentSeconds else { return nil }
        return seconds / sample.seconds / Double(max(agent.lanes, 1))
    }
}

extension TCPTest.Sample {
    package func use(_ end: BenchEnd) -> ProcessorUse { end == .client ? client : server }
}
