import Foundation
import NetworkLab
import TunnelFigures

/// One measurement of a contender, for one or more of its figures.
enum Step: String, CaseIterable {
    case tcp1, tcp1Reverse, tcp4, tcp4Reverse, udp64, udp1400, idle, oneCore, loaded

    var figures: [Figure] {
        switch self {
        case .tcp1: [.tcp1, .senderCost, .receiverCost, .machineCost]
        case .tcp1Reverse: [.tcp1Reverse]
        case .tcp4: [.tcp4]
        case .tcp4Reverse: [.tcp4Reverse]
        case .udp64: [.udp64Delivered, .udp64LossFree]
        case .udp1400: [.udp1400Delivered, .udp1400LossFree]
        case .idle: [.idleP50, .idleP99]
        case .oneCore: [.oneCoreP50, .oneCoreP99]
        case .loaded: [.loadedP50, .loadedP99, .loadedGrowth, .loadedTCP]
        }
    }

    /// The steps for `contender`, in order. Memory requires some load.
    static func steps(of contender: Contender) -> [Step] {
        let steps = allCases.filter { step in step.figures.contains(where: contender.figures.contains) }
        return steps.isEmpty ? [.tcp1] : steps
    }
}

extension Step {
    func measure(_ tunnel: Tunnel, _ effort: Effort, in lab: Lab) async throws -> [Figure: Double] {
        switch self {
        case .tcp1: try await tcpWithCost(tunnel, effort, in: lab)
        case .tcp1Reverse: [.tcp1Reverse: try await tcp(tunnel, effort, in: lab, "-R").bitsPerSecond]
        case .tcp4: [.tcp4: try await tcp(tunnel, effort, in: lab, "-P", "4").bitsPerSecond]
        case .tcp4Reverse: [.tcp4Reverse: try await tcp(tunnel, effort, in: lab, "-P", "4", "-R").bitsPerSecond]
        case .udp64: try await udp(64, .udp64Delivered, .udp64LossFree, tunnel, effort, in: lab)
        case .udp1400: try await udp(1400, .udp1400Delivered, .udp1400LossFree, tunnel, effort, in: lab)
        case .idle: try await pinnedRoundTrips(.idleP50, .idleP99, Lab.coreOfEachHost, tunnel, effort, in: lab)
        case .oneCore: try await pinnedRoundTrips(.oneCoreP50, .oneCoreP99, [0, 0], tunnel, effort, in: lab)
        case .loaded:
            try await withThrowingTaskGroup(of: IPerf.self) { group in
                // The stream must run from the first round trip to the last, also on a busy machine.
                group.addTask { try await tcp(tunnel, effort, in: lab, extraSeconds: 4) }
                try await Task.sleep(for: .milliseconds(500))
                var figures = try await roundTrips(.loadedP50, .loadedP99, tunnel, effort, in: lab, .loadedGrowth)
                for try await stream in group { figures[.loadedTCP] = stream.bitsPerSecond }
                return figures
            }
        }
    }

    private func tcp(
        _ tunnel: Tunnel, _ effort: Effort, in lab: Lab, extraSeconds: Double = 0, _ arguments: String...
    ) async throws -> IPerf {
        // iperf3 accepts only whole seconds.
        let seconds = Int((effort.seconds + extraSeconds).rounded(.up))
        return try await IPerf.run(
            on: lab.network, from: 0, to: 1, at: tunnel.address, ["-t", "\(seconds)"] + arguments)
    }

    private func tcpWithCost(_ tunnel: Tunnel, _ effort: Effort, in lab: Lab) async throws -> [Figure: Double] {
        let agentsBefore = try tunnel.agents.map { try $0.processorSeconds }
        let machineBefore = try Processors.busySeconds()
        let result = try await tcp(tunnel, effort, in: lab)
        let machine = try Processors.busySeconds() - machineBefore
        let agents = try zip(tunnel.agents, agentsBefore).map { try $0.processorSeconds - $1 }
        let gibibytes = result.receivedByteCount / 1_073_741_824
        var figures: [Figure: Double] = [.tcp1: result.bitsPerSecond, .machineCost: machine / gibibytes]
        if agents.count == 2 {
            figures[.senderCost] = agents[0] / gibibytes
            figures[.receiverCost] = agents[1] / gibibytes
        }
        return figures
    }

    private func udp(
        _ size: Int, _ delivered: Figure, _ lossFree: Figure, _ tunnel: Tunnel, _ effort: Effort, in lab: Lab
    ) async throws -> [Figure: Double] {
        let sink = try await lab.startLoad("sink", at: tunnel.address)
        let report = try await lab.load(
            BlastReport.self,
            [
                "blast", "--to", tunnel.address, "--size", "\(size)", "--seconds", "\(effort.seconds)",
                "--step-seconds", "\(effort.searchStepSeconds)", "--steps", "\(effort.searchSteps)",
            ])
        await lab.end(sink)
        return [delivered: report.delivered, lossFree: report.lossFree]
    }

    /// Measures round trips with each host on one core. Without pinning, the scheduler decides whether a wake-up stays
    /// on its core or wakes a sleeping core, which takes a virtual machine ten times as long.
    private func pinnedRoundTrips(
        _ p50: Figure, _ p99: Figure, _ cores: [Int], _ tunnel: Tunnel, _ effort: Effort, in lab: Lab
    ) async throws -> [Figure: Double] {
        try await lab.pin(tunnel.agents, to: cores)
        let figures = try await roundTrips(p50, p99, tunnel, effort, in: lab, cores: cores)
        try await lab.pin(tunnel.agents, to: nil)
        return figures
    }

    private func roundTrips(
        _ p50: Figure, _ p99: Figure, _ tunnel: Tunnel, _ effort: Effort, in lab: Lab, cores: [Int]? = nil,
        _ growth: Figure? = nil
    ) async throws -> [Figure: Double] {
        let echo = try await lab.startLoad("echo", at: tunnel.address, on: cores?[1])
        let report = try await lab.load(
            RoundTripReport.self, on: cores?[0],
            [
                "round-trips", "--to", tunnel.address, "--count", "\(effort.roundTripCount)", "--seconds",
                "\(self == .loaded ? effort.seconds : 5)", "--interval-microseconds", self == .loaded ? "1000" : "0",
            ])
        await lab.end(echo)
        var figures = [p50: report.p50, p99: report.p99]
        if let growth { figures[growth] = report.growth }
        return figures
    }
}
