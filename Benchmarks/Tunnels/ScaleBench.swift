import Foundation
import NetworkLab
import SealaneAEAD
import TestSupport
import TunnelFigures

/// Runs the rounds of one scale benchmark.
struct ScaleBench {
    /// One value at one point of a curve.
    struct Sample {
        let value: Double
        let figure: ScaleFigure
        let curve: Curve
        let x: Double
    }

    let scenarios: [Scenario]
    let rounds: Int
    /// The length of one measurement.
    let seconds: Double
    let isQuick: Bool
    let mode: Mode
    let lab: Lab

    func run() async throws -> ScaleMeasurements {
        let begin = ContinuousClock.now
        try await lab.setMode(mode)
        try await lab.verifyMode(mode)
        let version = try await lab.run(0, ["\(lab.programs)/sealaned", "--version"])
        var measurements = ScaleMeasurements(
            startedAt: Date.now.formatted(.iso8601), command: ["tunnel-bench"] + CommandLine.arguments.dropFirst(),
            isQuick: isQuick, rounds: rounds, secondsPerMeasurement: seconds, machine: .read(),
            version: version.trimmingCharacters(in: .whitespacesAndNewlines), mode: mode)
        for round in 1...rounds {
            for scenario in scenarios {
                try Task.checkCancellation()
                say(
                    "round \(round) of \(rounds), \(Int((ContinuousClock.now - begin) / .seconds(1))) s: \(scenario.title)"
                )
                try await measureWithRetry(scenario, &measurements)
            }
        }
        measurements.seconds = Int((ContinuousClock.now - begin) / .seconds(1))
        return measurements
    }

    /// Retries a failed scenario once, then records the failure and continues with the others.
    private func measureWithRetry(_ scenario: Scenario, _ measurements: inout ScaleMeasurements) async throws {
        for attempt in 1...2 {
            do {
                for sample in try await measure(scenario, &measurements.facts) {
                    measurements.add(sample.value, sample.figure, sample.curve, at: sample.x)
                }
                return
            } catch {
                try Task.checkCancellation()
                say("attempt \(attempt) of 2 failed: \(error)")
                if attempt == 2 {
                    measurements.failures.append(lab.withoutScratchPath("\(scenario.title): \(error)"))
                }
            }
        }
    }

    private func measure(_ scenario: Scenario, _ facts: inout [String]) async throws -> [Sample] {
        do {
            let samples: [Sample]
            switch scenario {
            case .pair(let lanes, let jumbo, let idlePeers, let steps):
                var settings = SealaneSettings(provider: "\(try AEADProvider.choose(nil).provider)")
                settings.laneCount = lanes
                settings.jumbo = jumbo
                settings.idlePeerCount = idlePeers
                settings.idlePeerHosts = 0..<1
                samples = try await measurePair(settings, steps, &facts)
            case .farEnds(let count):
                samples = try await FarEndLab(count: count, seconds: seconds, lab: lab).measure()
            }
            await lab.network.endPrograms()
            return samples
        } catch {
            // Use a task of its own: in a cancelled task, the programs would be killed at once instead of ending in
            // order.
            await Task { await lab.network.endPrograms() }.value
            throw error
        }
    }

    // MARK: Two agents

    private func measurePair(
        _ settings: SealaneSettings, _ steps: [Scenario.Step], _ facts: inout [String]
    ) async throws -> [Sample] {
        let tunnel = try await Tunnel.sealane(settings, in: lab)
        var startTimes: [Double] = []
        for host in 0..<2 {
            try await lab.awaitAgent(tunnel.agents[host], of: host)
            startTimes.append(try tunnel.agents[host].secondsSinceStart)
        }
        try await eventually(within: .seconds(60), "the agents' tunnel answers a ping") {
            try await lab.network.run(0, "ping", "-n", "-c", "1", "-W", "1", tunnel.address).status == 0
        }
        let found = try await tunnel.facts()
        if facts.isEmpty { facts = found }
        var samples: [Sample] = []
        for step in steps {
            try Task.checkCancellation()
            let figures = try await measure(step.load, tunnel)
            samples += step.points.flatMap { point in
                figures.map { Sample(value: $0.value, figure: $0.key, curve: point.curve, x: point.x) }
            }
            for point in step.points where point.curve == .configuredPeers {
                let memory = Double(tunnel.agents[0].residentByteCount)
                samples += [
                    Sample(value: memory, figure: .memory, curve: point.curve, x: point.x),
                    Sample(value: startTimes[0], figure: .startTime, curve: point.curve, x: point.x),
                ]
            }
        }
        return samples
    }

    private func measure(_ load: Scenario.Step.Load, _ tunnel: Tunnel) async throws -> [ScaleFigure: Double] {
        switch load {
        case .tcp(let streams):
            // iperf3 accepts only whole seconds.
            let result = try await IPerf.run(
                on: lab.network, from: 0, to: 1, at: tunnel.address,
                ["-t", "\(Int(seconds.rounded(.up)))", "-P", "\(streams)"])
            return [.throughput: result.bitsPerSecond]
        case .udp(let byteCount):
            let sink = try await lab.startLoad("sink", at: tunnel.address)
            let before = try await traffic(of: tunnel)
            let beforeSeconds = try tunnel.agents.map { try $0.processorSeconds }
            // No search: one short attempt at the rate of the blast, which the command always makes.
            let report = try await lab.load(
                BlastReport.self,
                [
                    "blast", "--to", tunnel.address, "--size", "\(byteCount)", "--seconds", "\(seconds)",
                    "--step-seconds", "0.05", "--steps", "0",
                ])
            let seconds = try zip(tunnel.agents, beforeSeconds).map { try $0.processorSeconds - $1 }
            let after = try await traffic(of: tunnel)
            await lab.end(sink)
            let sealed = after[0].sentPackets - before[0].sentPackets
            let opened = after[1].receivedPackets - before[1].receivedPackets
            guard sealed > 0, opened > 0 else { throw Failure("the agents report no packets") }
            return [
                .throughput: report.delivered * Double(byteCount) * 8, .packets: report.delivered,
                .senderCost: seconds[0] / Double(sealed), .receiverCost: seconds[1] / Double(opened),
            ]
        }
    }

    private func traffic(of tunnel: Tunnel) async throws -> [AgentTraffic] {
        var traffic: [AgentTraffic] = []
        for host in tunnel.agents.indices { traffic.append(try await lab.traffic(ofAgent: host)) }
        return traffic
    }

    private func say(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}

/// The packets that an agent reports since its start.
struct AgentTraffic: Decodable {
    let sentPackets: Int
    let receivedPackets: Int
}

extension Lab {
    private struct Status: Decodable {
        let traffic: AgentTraffic
    }

    /// The agent's work on its answer is part of its CPU time.
    func traffic(ofAgent host: Int) async throws -> AgentTraffic {
        try await Tunnel.report(Status.self, of: host, folder: programs, in: self, "status").traffic
    }

    /// Waits until the agent answers on its control socket.
    func awaitAgent(_ agent: Program, of host: Int) async throws {
        // With --json, the answer is the status alone; the text form would include all peers.
        let command = ["\(programs)/sealane", "status", "--json", "--control-socket", path("sealane-\(host).sock")]
        try await eventually(within: .seconds(300), "the agent of host \(host) answers: \(agent.lastLines)") {
            guard agent.isRunning else { throw Failure("the agent of host \(host) ended: \(agent.lastLines)") }
            return try await network.run(host, command).status == 0
        }
    }
}
