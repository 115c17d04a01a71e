import FoundationEssentials
import SealaneEligibility
import SealaneFigures
import SealaneLinux
import SealanePacket

/// `sealane bench run`: measures both paths in turn against a server, round after round.
package struct BenchRun: Sendable {
    /// Name or address of the other host outside the tunnel, where its server listens.
    package let host: String
    package let port: Int
    /// Address of the other host in the tunnel.
    package let tunnel: IPAddress
    package let effort: BenchMethod.Effort
    /// The version of this program.
    package let version: String
    package let agent: AgentLookup

    package init(
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

    /// How a run ended.
    package enum End: Sendable, Equatable {
        case done
        case cancelled
        /// The server ended or became unreachable.
        case serverLost
    }

    /// Measures all rounds. If the task is cancelled, returns a report of what was measured so far, or throws
    /// `CancellationError` if that is nothing. Nothing keeps running on either host: the server ends what it started
    /// when the connection ends.
    ///
    /// - Parameter progress: called before each measurement.
    package func measure(progress: @escaping @Sendable (BenchProgress) -> Void) async throws -> (
        report: BenchReport, end: End
    ) {
        let beginning = MonotonicClock.now()
        let startedAt = Date(timeIntervalSince1970: TimeInterval(WallClock.now().seconds))
        let iperf = try await IPerfProgram.version()
        let plan = BenchPlan(effort)
        let (ongoing, end) = try await BenchLink.connect(to: host, port: port) { link in
            progress(
                BenchProgress(total: plan.expectedSeconds, done: 0, elapsed: 0, now: "first transfer on both paths"))
            var ongoing = try await begin(plan, &link, iperf: iperf)
            let end = try await ongoing.measureAll(&link, since: beginning, progress)
            return (ongoing, end)
        }
        if ongoing.results.isEmpty {
            if end == .cancelled { throw CancellationError() }
            throw BenchError(ongoing.failures.first ?? "nothing was measured")
        }
        let results = ongoing.results
        let report = BenchReport(
            startedAt: startedAt, seconds: Double(MonotonicClock.now() - beginning) / 1e9, isInterrupted: end != .done,
            client: ongoing.client, server: ongoing.server,
            method: BenchMethod(
                effort: effort, rounds: plan.rounds, secondsPerTransfer: plan.transferSeconds, tool: iperf,
                sharesMachine: ongoing.sharesMachine),
            tcp: results.tcpTests, udp: results.udpTests, roundTrips: results.roundTripTests,
            connections: results.connectionTest, failures: ongoing.failures)
        return (report, end)
    }

    /// Greets the server, tries both paths, and reads the facts of both hosts.
    private func begin(_ plan: BenchPlan, _ link: inout BenchLink, iperf: String) async throws -> OngoingRun {
        guard let plain = link.remoteAddress, let local = link.localAddress else {
            throw BenchError("the server at \(host) closed the connection")
        }
        guard plain != tunnel else {
            throw BenchError(
                "\(plain) is the address of \(host) outside the tunnel; expected another address for --tunnel"
            )
        }
        let hello = BenchRequest.hello(protocolVersion: BenchMessage.protocolVersion, version: version)
        guard case .welcome(_, let limits, let remoteIPerf) = try await link.ask(hello) else {
            throw BenchError("the server did not reply to hello with a welcome")
        }
        guard plan.longestTransferSeconds <= limits.seconds else {
            throw BenchError(
                "this run needs transfers of up to \(plan.longestTransferSeconds) s, but the server's limit is "
                    + "\(limits.seconds) s; expected sealane bench serve --max-seconds \(plan.longestTransferSeconds), or "
                    + "a shorter run (--quick)")
        }
        let load = BenchLoad(plan: plan, addresses: [.plain: plain, .tunnel: tunnel], controlPort: port)
        // The agents agree on a session only when there is traffic, so ask for their facts after the first transfer.
        var rates: [BenchPath: Double] = [:]
        for path in BenchPath.allCases {
            do {
                rates[path] = try await load.warmUp(path, &link)
            } catch let error as BenchError {
                let address = path == .plain ? plain : tunnel
                throw BenchError("the \(path.rawValue) path, to \(address), does not work: \(error)")
            }
        }
        guard
            case .host(let server, let bootID) = try await link.ask(
                .host(plain: "\(plain)", tunnel: "\(tunnel)"))
        else { throw BenchError("the server did not report the facts of its host") }
        let found = await agent.find(nil, [tunnel])
        return OngoingRun(
            load: load, client: try BenchHost.read(at: local, agent: found?.agent), server: server,
            agent: found?.pid, sharesMachine: bootID != nil && bootID == HostHardware.bootID, rates: rates,
            failures: remoteIPerf == iperf ? [] : ["iperf3 differs: here \(iperf), at the server \(remoteIPerf)"])
    }
}

/// A run in progress.
private struct OngoingRun: Sendable {
    let load: BenchLoad
    let client: BenchHost
    let server: BenchHost
    /// The process id of this host's agent.
    let agent: Int32?
    let sharesMachine: Bool
    /// TCP throughput of the first transfers in bit/s. It determines the number of bytes of a short transfer.
    let rates: [BenchPath: Double]
    var failures: [String]
    var results = BenchResults()

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
            results.tcp[step.test, default: PairedSamples()].add(sample, step)
        case .udp(let size):
            let sample = try await load.udp(size, step.path, &link)
            results.udp[step.test, default: PairedSamples()].add(sample, step)
        case .roundTrips(let kind):
            let sample = try await load.roundTrips(kind, step.path, &link)
            results.roundTrips[step.test, default: PairedSamples()].add(sample, step)
        case .connections:
            results.connections.add(try await load.connections(step.path), step)
        }
    }

    /// The expected throughput in bit/s: that of this test's previous round, or else of the first transfer.
    private func rate(_ step: BenchPlan.Step) -> Double {
        results.tcp[step.test]?.last(step.path)?.bitsPerSecond ?? rates[step.path] ?? 0
    }
}
