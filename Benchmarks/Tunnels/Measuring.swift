import Foundation
import Glibc
import NetworkLab
import TunnelFigures
import TestSupport

/// One look at a contender, for one or more of its figures.
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

    /// What is done with `contender`, in this order. For its memory there must have been some load.
    static func steps(of contender: Contender) -> [Step] {
        let steps = allCases.filter { step in step.figures.contains(where: contender.figures.contains) }
        return steps.isEmpty ? [.tcp1] : steps
    }
}

/// How long and how often.
struct Effort {
    /// Of one measurement.
    let seconds: Double
    let quick: Bool

    var searchSteps: Int { 5 }
    var searchStepSeconds: Double { max(0.2, seconds / 8) }
    var roundTripCount: Int { quick ? 5_000 : 10_000 }

    /// How long a step lasts, about.
    func expectedSeconds(_ step: Step) -> Double {
        switch step {
        case .tcp1, .tcp1Reverse, .tcp4, .tcp4Reverse: seconds + 0.5
        case .udp64, .udp1400: seconds + 1.5 * Double(searchSteps + 1) * (searchStepSeconds + 0.1) + 0.3
        case .idle, .oneCore: 100e-6 * Double(roundTripCount) + 0.3
        case .loaded: seconds + 4
        }
    }

    /// To start a contender and to end it.
    static let expectedSecondsOfTurn = 2.0
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
                // The stream is to be there for the first round trip, and still for the last, on a busy machine as well.
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
        // iperf3 takes whole seconds.
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

    /// Round trips with everything of each host on one core. Left to the scheduler, it would be chance whether a wake-up
    /// stays on a core or has to get another one out of its sleep, which takes a virtual machine ten times as long.
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

enum Processors {
    private static let ticksPerSecond = Double(sysconf(CInt(_SC_CLK_TCK)))

    /// What all processors of the machine have worked since it started, interrupts included.
    static func busySeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
        // proc_stat(5): user nice system idle iowait irq softirq
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
        guard fields.count >= 7 else { throw Failure("/proc/stat does not begin with the times of all processors") }
        return (fields[0] + fields[1] + fields[2] + fields[5] + fields[6]) / ticksPerSecond
    }

    /// How many threads ran or wished to, over the last minute.
    static func loadAverage() throws -> Double {
        let text = try String(contentsOfFile: "/proc/loadavg", encoding: .utf8)
        guard let load = Double(text.prefix { $0 != " " }) else {
            throw Failure("/proc/loadavg does not begin with the load of the last minute: \(text)")
        }
        return load
    }

    /// What a process and its threads have worked, in user and kernel mode.
    fileprivate static func seconds(of pid: pid_t) throws -> Double {
        // proc_pid_stat(5): utime, stime
        try (ticks(14, of: pid) + ticks(15, of: pid)) / ticksPerSecond
    }

    /// How long ago a process was started.
    fileprivate static func age(of pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/uptime", encoding: .utf8)
        guard let uptime = Double(text.prefix { $0 != " " }) else {
            throw Failure("/proc/uptime does not begin with the machine's age: \(text)")
        }
        // proc_pid_stat(5): starttime
        return try uptime - ticks(22, of: pid) / ticksPerSecond
    }

    private static func ticks(_ field: Int, of pid: pid_t) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // proc_pid_stat(5): behind the name, which may hold anything, the state is field 3.
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        guard fields.count > field - 2, let ticks = Double(fields[field - 2]) else {
            throw Failure("/proc/\(pid)/stat does not tell the process's times: \(text)")
        }
        return ticks
    }
}

extension Program {
    var processorSeconds: Double {
        get throws { try Processors.seconds(of: pid) }
    }

    var secondsSinceStart: Double {
        get throws { try Processors.age(of: pid) }
    }
}
