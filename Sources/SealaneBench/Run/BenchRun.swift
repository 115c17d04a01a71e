import FoundationEssentials
import SealaneEligibility
import SealaneFigures
import SealaneLinux
import SealanePacket

/// `sealane bench run`: measures against a server, both paths in turn, round after round.
public struct BenchRun: Sendable {
    /// A name or an address of the other host outside of the tunnel, where its server listens.
    public let host: String
    public let port: Int
    /// The other host's address in the tunnel.
    public let tunnel: IPAddress
    public let effort: BenchMethod.Effort
    /// Of this program.
    public let version: String
    public let agent: AgentLookup

    public init(
        host: String, port: Int, tunnel: IPAddress, effort: BenchMethod.Effort, version: String, agent: AgentLookup
    ) throws(BenchError) {
        try BenchText.validate(port, "port", in: 1...65533)
        try BenchText.validate(address: "\(tunnel)")
        self.host = host
        self.port = port
        self.tunnel = tunnel
        self.effort = effort
        self.version = version
        self.agent = agent
    }

    /// How a run came to its end.
    public enum End: Sendable, Equatable {
        case done
        case cancelled
        /// The server has ended, or is not reached any more.
        case serverLost
    }

    /// Measures. A task that is cancelled gives what it has up to then, if that is anything, and `CancellationError` otherwise.
    /// Either way nothing runs any more, on neither host: the server ends what it started when the connection ends.
    ///
    /// - Parameter progress: is told before each measurement.
    public func measure(progress: @escaping @Sendable (BenchProgress) -> Void) async throws -> (
        report: BenchReport, end: End
    ) {
        let beginning = MonotonicClock.now()
        let startedAt = Date(timeIntervalSince1970: TimeInterval(WallClock.now().seconds))
        let iperf = try await IPerfProgram.version()
        let plan = BenchPlan(effort)
        let (measuring, end) = try await BenchLink.connect(to: host, port: port) { link in
            progress(BenchProgress(total: plan.expectedSeconds, done: 0, elapsed: 0, now: "a first look at both paths"))
            var measuring = try await begin(plan, &link, iperf: iperf)
            let end = try await measuring.measureAll(&link, since: beginning, progress)
            return (measuring, end)
        }
        if measuring.findings.isEmpty {
            if end == .cancelled { throw CancellationError() }
            throw BenchError(measuring.failures.first ?? "nothing was measured")
        }
        let findings = measuring.findings
        let report = BenchReport(
            startedAt: startedAt, seconds: Double(MonotonicClock.now() - beginning) / 1e9, isInterrupted: end != .done,
            client: measuring.client, server: measuring.server,
            method: BenchMethod(
                effort: effort, rounds: plan.rounds, secondsPerTransfer: plan.transferSeconds, tool: iperf,
                sharesMachine: measuring.sharesMachine),
            tcp: findings.tcpTests, udp: findings.udpTests, roundTrips: findings.roundTripTests,
            connections: findings.connectionTest, failures: measuring.failures)
        return (report, end)
    }

    /// Greets the server, looks at both paths, and learns what both hosts are.
    private func begin(_ plan: BenchPlan, _ link: inout BenchLink, iperf: String) async throws -> Measuring {
        guard let plain = link.remoteAddress, let local = link.localAddress else {
            throw BenchError("the server at \(host) has closed the connection")
        }
        guard plain != tunnel else {
            throw BenchError(
                "\(plain) is the address of \(host) outside of the tunnel, and was given as that in it; expected another"
            )
        }
        let hello = BenchRequest.hello(protocolVersion: BenchMessage.protocolVersion, version: version)
        guard case .welcome(_, let limits, let remoteIPerf) = try await link.ask(hello) else {
            throw BenchError("the server answers hello by something else than a welcome")
        }
        guard plan.longestTransferSeconds <= limits.seconds else {
            throw BenchError(
                "this run needs transfers of up to \(plan.longestTransferSeconds) s, and the server's limit is "
                    + "\(limits.seconds) s; expected sealane bench serve --max-seconds \(plan.longestTransferSeconds), or "
                    + "a shorter run (--quick)")
        }
        let load = BenchLoad(plan: plan, addresses: [.plain: plain, .tunnel: tunnel], controlPort: port)
        // A session is agreed when there is something to send: facts come after.
        var rates: [BenchPath: Double] = [:]
        for path in BenchPath.allCases {
            do {
                rates[path] = try await load.warmUp(path, &link)
            } catch let error as BenchError {
                let address = path == .plain ? plain : tunnel
                throw BenchError("the \(path.rawValue) path, to \(address), carries nothing: \(error)")
            }
        }
        guard
            case .host(let server, let bootID) = try await link.ask(
                .host(plain: "\(plain)", tunnel: "\(tunnel)"))
        else { throw BenchError("the server does not say what its host is") }
        let found = await agent.find(nil, [tunnel])
        return Measuring(
            load: load, client: try BenchHost.read(at: local, agent: found?.agent), server: server,
            agent: found?.pid, sharesMachine: bootID != nil && bootID == HostHardware.bootID, rates: rates,
            failures: remoteIPerf == iperf ? [] : ["iperf3 differs: here \(iperf), at the server \(remoteIPerf)"])
    }
}

/// A run that goes on.
private struct Measuring: Sendable {
    let load: BenchLoad
    let client: BenchHost
    let server: BenchHost
    /// This host's agent.
    let agent: Int32?
    let sharesMachine: Bool
    /// Of TCP in bit/s, as first seen: how many bytes a short transfer needs.
    let rates: [BenchPath: Double]
    var failures: [String]
    var findings = BenchFindings()

    mutating func measureAll(
        _ link: inout BenchLink, since begin: UInt64, _ progress: (BenchProgress) -> Void
    ) async throws -> BenchRun.End {
        let plan = load.plan
        var done = 2 * Double(BenchPlan.warmUpSeconds)
        for step in plan.steps {
            let title = "\(step.test.title), \(step.path.rawValue)"
            progress(
                BenchProgress(
                    total: plan.expectedSeconds, done: done, elapsed: Double(MonotonicClock.now() - begin) / 1e9,
                    now: title))
            do {
                try await measure(step, &link)
                try Task.checkCancellation()
            } catch {
                if Task.isCancelled { return .cancelled }
                failures.append(
                    PayloadText.fit("round \(step.round + 1) of \(plan.rounds): \(title): \(error)", limit: 1000))
                guard link.isOpen else { return .serverLost }
            }
            done += plan.expectedSeconds(step.test)
        }
        return .done
    }

    private mutating func measure(_ step: BenchPlan.Step, _ link: inout BenchLink) async throws {
        switch step.test {
        case .tcp(let streams, let direction):
            let sample = try await load.tcp(
                streams, direction, step.path, rate: rate(step), agent: agent, &link)
            findings.tcp[step.test, default: PairBook()].add(sample, step)
        case .udp(let size):
            let sample = try await load.udp(size, step.path, &link)
            findings.udp[step.test, default: PairBook()].add(sample, step)
        case .roundTrips(let kind):
            let sample = try await load.roundTrips(kind, step.path, &link)
            findings.roundTrips[step.test, default: PairBook()].add(sample, step)
        case .connections:
            findings.connections.add(try await load.connections(step.path), step)
        }
    }

    /// In bit/s: what this test had the last time, else what the path had at first.
    private func rate(_ step: BenchPlan.Step) -> Double {
        findings.tcp[step.test]?.last(step.path)?.bitsPerSecond ?? rates[step.path] ?? 0
    }
}
