import SealaneFigures
import SealaneLinux

/// What processors of a host have worked up to a moment, in seconds.
public struct BenchUsage: Codable, Sendable, Equatable {
    /// Of the agent's process since it started; nil: no agent that tells which process it is.
    public var agentSeconds: Double?
    /// Of its threads that still run, by the thread's id.
    public var agentThreads: [String: Double]
    /// Of the whole host since it started: all processors, summed.
    public var hostSeconds: Double

    public init(agentSeconds: Double?, agentThreads: [String: Double], hostSeconds: Double) {
        self.agentSeconds = agentSeconds
        self.agentThreads = agentThreads
        self.hostSeconds = hostSeconds
    }

    static var threadLimit: Int { 1024 }

    /// Of this host, now.
    /// - Parameter agent: the agent's process.
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

    /// What was worked between two moments.
    /// - Parameter toolSeconds: of the program that transferred.
    public static func between(_ before: BenchUsage, _ after: BenchUsage, toolSeconds: Double?) -> ProcessorUse {
        let agent: Double? =
            if let first = before.agentSeconds, let last = after.agentSeconds { max(last - first, 0) } else { nil }
        let threads = after.agentThreads.map { $1 - (before.agentThreads[$0] ?? 0) }
        return ProcessorUse(
            agentSeconds: agent, busiestThreadSeconds: agent == nil ? nil : threads.max().map { max($0, 0) },
            toolSeconds: toolSeconds, systemSeconds: max(after.hostSeconds - before.hostSeconds, 0))
    }
}
