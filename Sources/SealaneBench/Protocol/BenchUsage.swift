import SealaneFigures
import SealaneLinux

/// The CPU time used on a host up to a moment, in seconds.
package struct BenchUsage: Codable, Sendable, Equatable {
    /// CPU time of the agent's process since its start; nil if there is no agent or its process is unknown.
    package var agentSeconds: Double?
    /// CPU time of the agent's running threads, by thread id.
    package var agentThreads: [String: Double]
    /// CPU time of all processors of the host since its start.
    package var hostSeconds: Double

    package init(agentSeconds: Double?, agentThreads: [String: Double], hostSeconds: Double) {
        self.agentSeconds = agentSeconds
        self.agentThreads = agentThreads
        self.hostSeconds = hostSeconds
    }

    static var threadLimit: Int { 1024 }

    /// Reads the values of this host.
    /// - Parameter agent: the process id of the agent.
    static func now(agent: Int32?) throws(SystemError) -> BenchUsage {
        let host = try ProcessorTime.busySeconds()
        guard let agent, let seconds = ProcessorTime.seconds(ofProcess: agent) else {
            return BenchUsage(agentSeconds: nil, agentThreads: [:], hostSeconds: host)
        }
        let threads = ProcessorTime.threadSeconds(ofProcess: agent).prefix(threadLimit)
        return BenchUsage(
            agentSeconds: seconds,
            agentThreads: Dictionary(threads.map { ("\($0.thread)", $0.seconds) }) { first, _ in first },
            hostSeconds: host)
    }

    func validate() throws(BenchError) {
        try BenchText.validate(agentThreads.count, "number of threads", in: 0...Self.threadLimit)
        for name in agentThreads.keys { try BenchText.validate(name, "thread", limit: 32) }
        for seconds in [agentSeconds ?? 0, hostSeconds] + agentThreads.values
        where !(seconds.isFinite && seconds >= 0) {
            throw BenchError("\(seconds) seconds of processor time; expected 0 or more")
        }
    }

    /// The CPU time used between two moments.
    /// - Parameter toolSeconds: CPU time of the program that transferred.
    package static func between(_ before: BenchUsage, _ after: BenchUsage, toolSeconds: Double?) -> ProcessorUse {
        let agent: Double? =
            if let first = before.agentSeconds, let last = after.agentSeconds { max(last - first, 0) } else { nil }
        let threads = after.agentThreads.map { $1 - (before.agentThreads[$0] ?? 0) }
        return ProcessorUse(
            agentSeconds: agent, busiestThreadSeconds: agent == nil ? nil : threads.max().map { max($0, 0) },
            toolSeconds: toolSeconds, systemSeconds: max(after.hostSeconds - before.hostSeconds, 0))
    }
}
