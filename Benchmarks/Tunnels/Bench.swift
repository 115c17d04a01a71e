import Foundation
import Glibc
import NetworkLab
import SealaneFigures
import TunnelFigures
import TestSupport

/// Runs the rounds of one benchmark.
struct Bench {
    let contenders: [Contender]
    let rounds: Int
    let effort: Effort
    let lab: Lab
    /// The steps to measure, of those that a contender has.
    var steps = Step.allCases

    func run() async throws -> Measurements {
        let begin = ContinuousClock.now
        var measurements = try await describe()
        for mode in Mode.allCases {
            try await lab.setMode(mode)
            try await lab.verifyMode(mode)
        }
        for entry in measurements.contenders {
            if let reason = entry.skipped { say("skipped: \(entry.contender.title): \(reason)") }
        }
        var progress = Progress(total: expectedSeconds(measurements), perStep: isatty(STDOUT_FILENO) == 1)
        say(
            """
            \(rounds) rounds of \(Digits.significant(effort.seconds)) s a measurement: about \
            \(Progress.text(progress.total)) in all
            """)
        for round in 1...rounds {
            for index in measurements.contenders.indices {
                for mode in measurements.contenders[index].contender.modes
                where measurements.contenders[index].skipped == nil {
                    try Task.checkCancellation()
                    try await measureWithRetry(index, mode, &measurements, &progress)
                }
            }
            say("round \(round) of \(rounds) done after \(Progress.text((ContinuousClock.now - begin).inSeconds))")
        }
        measurements.seconds = Int((ContinuousClock.now - begin).inSeconds)
        return measurements
    }

    private func describe() async throws -> Measurements {
        var entries: [Measurements.Entry] = []
        for contender in contenders {
            var entry = Measurements.Entry(contender: contender)
            entry.skipped = try await Tunnel.reasonToSkip(contender, in: lab)
            if entry.skipped == nil { entry.version = try await Tunnel.version(of: contender, in: lab) }
            entries.append(entry)
        }
        let iperf = try await lab.run(0, ["iperf3", "--version"]).prefix { $0 != "\n" }
        return Measurements(
            startedAt: Date.now.formatted(.iso8601), command: ["tunnel-bench"] + CommandLine.arguments.dropFirst(),
            rounds: rounds, secondsPerMeasurement: effort.seconds, machine: .read(), versions: ["iperf3": "\(iperf)"],
            underlay: ["ip link add DEV mtu 1500 type veth peer name DEV netns OTHER mtu 1500"]
                + Mode.allCases.map {
                    "\(Lab.underlayCommand($0).joined(separator: " "))  # \($0.rawValue), on both hosts"
                },
            contenders: entries)
    }

    private func expectedSeconds(_ measurements: Measurements) -> Double {
        let round = measurements.contenders.filter { $0.skipped == nil }.map(\.contender).map { contender in
            let steps = Step.steps(of: contender).filter(steps.contains).map(effort.expectedSeconds).reduce(0, +)
            return Double(contender.modes.count) * (steps + Effort.expectedStartSeconds)
        }
        return round.reduce(0, +) * Double(rounds)
    }

    /// Starts a contender, measures it, and ends it. Retries once after a failure, then skips the contender in all
    /// further rounds.
    private func measureWithRetry(
        _ index: Int, _ mode: Mode, _ measurements: inout Measurements, _ progress: inout Progress
    ) async throws {
        let contender = measurements.contenders[index].contender
        for attempt in 1...2 {
            do {
                let (setup, figures) = try await measure(contender, mode, &progress)
                measurements.contenders[index].setup = setup
                for (figure, value) in figures { measurements.add(value, figure, of: contender, mode) }
                return
            } catch {
                try Task.checkCancellation()
                say("\(contender.title), \(mode.rawValue), attempt \(attempt) of 2 failed: \(error)")
                if attempt == 2 { measurements.contenders[index].fail(lab.withoutScratchPath("\(error)")) }
            }
        }
    }

    private func measure(
        _ contender: Contender, _ mode: Mode, _ progress: inout Progress
    ) async throws -> (setup: [String], figures: [Figure: Double]) {
        do {
            try await lab.setMode(mode)
            let tunnel = try await Tunnel.start(contender, in: lab)
            let facts = try await tunnel.facts()
            progress.done(Effort.expectedStartSeconds)
            var figures: [Figure: Double] = [:]
            for step in Step.steps(of: contender) where steps.contains(step) {
                try Task.checkCancellation()
                let found = try await step.measure(tunnel, effort, in: lab)
                figures.merge(found) { $1 }
                progress.done(effort.expectedSeconds(step))
                progress.say(contender, mode, step.figures.compactMap { figure in found[figure].map { (figure, $0) } })
            }
            // An agent that falls back does so under load.
            let factsAfter = try await tunnel.facts()
            guard factsAfter == facts else {
                throw Failure("the agents changed under load: \(facts) before, \(factsAfter) after")
            }
            // Memory is only valid after the whole load.
            if Step.steps(of: contender).allSatisfy(steps.contains) {
                figures[.memory] = tunnel.agents.map { Double($0.residentByteCount) }.max()
            }
            await lab.network.endPrograms()
            return (tunnel.setup + facts, figures.filter { contender.figures.contains($0.key) })
        } catch {
            // Use a task of its own: in a cancelled task, the programs would be killed at once instead of ending in
            // order.
            await Task { await lab.network.endPrograms() }.value
            throw error
        }
    }

    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}

/// The progress of a run, measured by expected time.
private struct Progress {
    let total: Double
    /// Whether to print each measurement: to a terminal, not to a file.
    let perStep: Bool
    private var spent = 0.0

    init(total: Double, perStep: Bool) {
        self.total = total
        self.perStep = perStep
    }

    mutating func done(_ seconds: Double) { spent += seconds }

    func say(_ contender: Contender, _ mode: Mode, _ figures: [(Figure, Double)]) {
        guard perStep else { return }
        let found = figures.map { "\($0.0.title) \($0.0.text($0.1))" }.joined(separator: ", ")
        let group = figures.first.map { $0.0.group.title } ?? ""
        print("\(Self.text(max(0, total - spent))) left: \(contender.title), \(mode.rawValue): \(group): \(found)")
    }

    static func text(_ seconds: Double) -> String {
        seconds < 90 ? "\(Int(seconds.rounded())) s" : "\(Int((seconds / 60).rounded())) min"
    }
}

extension Duration {
    fileprivate var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
