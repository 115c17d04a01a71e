import SealaneFigures

/// Collects the samples of one test. A round counts once both paths have a sample.
package struct PairedSamples<Sample: Codable & Sendable & Equatable>: Sendable {
    private struct Round: Sendable {
        let first: BenchPath
        var samples: [BenchPath: Sample] = [:]
    }

    private var rounds: [Int: Round] = [:]

    package init() {}

    package mutating func add(_ sample: Sample, _ step: BenchPlan.Step) {
        rounds[step.round, default: Round(first: step.first)].samples[step.path] = sample
    }

    /// The latest sample of a path.
    package func last(_ path: BenchPath) -> Sample? {
        rounds.filter { $0.value.samples[path] != nil }.max { $0.key < $1.key }?.value.samples[path]
    }

    /// Complete rounds, in order.
    package var pairs: [BenchPair<Sample>] {
        rounds.sorted { $0.key < $1.key }.compactMap { _, round in
            guard let plain = round.samples[.plain], let tunnel = round.samples[.tunnel] else { return nil }
            return BenchPair(first: round.first, plain: plain, tunnel: tunnel)
        }
    }
}
