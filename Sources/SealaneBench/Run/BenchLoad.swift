import SealaneFigures
import SealanePacket

/// Performs single measurements against a server, each on one path. Each measurement ends what it started on the
/// server.
struct BenchLoad: Sendable {
    let plan: BenchPlan
    /// The addresses of the server.
    let addresses: [BenchPath: IPAddress]
    let controlPort: Int

    /// Checks that a path works, and returns its throughput in bit/s.
    func warmUp(_ path: BenchPath, _ link: inout BenchLink) async throws -> Double {
        let transfer = IPerfTransfer(length: .seconds(BenchPlan.warmUpSeconds))
        return try await self.transfer(transfer, path, within: 5, &link).bitsPerSecond
    }

    /// - Parameters:
    ///   - rate: the expected throughput, in bit/s.
    ///   - agent: the process id of this host's agent.
    func tcp(
        _ streams: Int, _ direction: TCPTest.Direction, _ path: BenchPath, rate: Double, agent: Int32?,
        _ link: inout BenchLink
    ) async throws -> TCPTest.Sample {
        let bytes = UInt64(min(max(rate / 8 * plan.transferSeconds, 0x1p20), 0x1p45))
        let length: IPerfTransfer.Length =
            plan.transferSeconds < 1 ? .bytes(bytes) : .seconds(Int(plan.transferSeconds))
        var usages: [(client: BenchUsage, server: BenchUsage)] = []
        let result = try await transfer(
            IPerfTransfer(streams: streams, direction: direction, length: length), path,
            within: plan.transferLimitSeconds(.tcp(streams: streams, direction)), &link
        ) { link in
            usages.append(try await self.usages(agent, &link))
        }
        guard let before = usages.first, let after = usages.last else { throw BenchError("no CPU time was recorded") }
        guard result.receivedByteCount > 0, result.seconds > 0 else {
            throw BenchError("iperf3 transferred nothing")
        }
        return TCPTest.Sample(
            bitsPerSecond: result.bitsPerSecond, seconds: result.seconds, retransmits: result.retransmits,
            client: BenchUsage.between(before.client, after.client, toolSeconds: result.localProcessorSeconds),
            server: BenchUsage.between(before.server, after.server, toolSeconds: result.remoteProcessorSeconds))
    }

    /// Searches for the greatest rate of datagrams that arrives without loss.
    func udp(_ size: Int, _ path: BenchPath, _ link: inout BenchLink) async throws -> UDPTest.Sample {
        let limitSeconds = plan.transferLimitSeconds(.udp(payloadByteCount: size))
        let blast = try await transfer(
            IPerfTransfer(
                length: plan.transferSeconds < 1 ? .datagrams(5_000) : .seconds(1), datagramByteCount: size),
            path, within: limitSeconds, &link)
        let offered = blast.offeredDatagramsPerSecond
        guard (1...1e9).contains(offered) else {
            throw BenchError("iperf3 sent \(offered) datagrams a second; expected 1 to 1000000000")
        }
        // The server reports the seconds: even if they are too short, the rate cannot exceed what was sent.
        let arrived = Double(max(blast.datagrams - blast.lostDatagrams, 0))
        let delivered = blast.seconds > 0 ? min(arrived / blast.seconds, offered) : 0
        // The loss-free rate may be above or below the rate delivered under a flood, but never above what was offered.
        var search = LossFreeSearch(
            upTo: offered, startingAt: max(delivered, offered / 64), steps: plan.searchSteps)
        while let rate = search.next {
            let tried = try await transfer(
                IPerfTransfer(
                    length: .datagrams(max(Int(rate * plan.searchSeconds), 100)), datagramByteCount: size,
                    bitsPerSecond: rate * Double(size) * 8),
                path, within: limitSeconds, &link)
            // If the sender could not keep the rate, the rate was not tested: count it as failed.
            search.record(loss: tried.offeredDatagramsPerSecond > 0.95 * rate ? tried.loss : 1)
        }
        return UDPTest.Sample(
            datagramsPerSecond: search.rate, resolution: search.resolution,
            isAtLeast: search.rate >= offered, offered: offered, delivered: delivered)
    }

    func roundTrips(
        _ kind: RoundTripTest.Load, _ path: BenchPath, _ link: inout BenchLink
    ) async throws -> RoundTripTest.Sample {
        let address = try address(path)
        guard case .started(let echoPort) = try await link.ask(.startEcho(address: "\(address)")) else {
            throw BenchError("the server did not start an echo server")
        }
        let seconds = kind == .idle ? plan.idleSeconds : plan.loadedSeconds
        let roundTrips = RoundTrips(address: address, port: echoPort, nanoseconds: UInt64(seconds * 1e9))
        let result: Result<RoundTripTest.Sample, any Error>
        do {
            switch kind {
            case .idle: result = .success(try await roundTrips.measure())
            case .loaded: result = .success(try await underLoad(path, &link) { try await roundTrips.measure() })
            }
        } catch {
            result = .failure(error)
        }
        try Task.checkCancellation()
        _ = try await link.ask(.endEcho)
        return try result.get()
    }

    func connections(_ path: BenchPath) async throws -> ConnectionTest.Sample {
        try await Connections(address: try address(path), port: controlPort, count: plan.connectionCount).measure()
    }

    // MARK: Transfers

    private func address(_ path: BenchPath) throws(BenchError) -> IPAddress {
        guard let address = addresses[path] else { throw BenchError("the \(path.rawValue) path has no address") }
        return address
    }

    private func usages(
        _ agent: Int32?, _ link: inout BenchLink
    ) async throws -> (client: BenchUsage, server: BenchUsage) {
        guard case .usage(let server) = try await link.ask(.usage) else {
            throw BenchError("the server did not report its CPU time")
        }
        return (try BenchUsage.now(agent: agent), server)
    }

    private func startTransfer(
        _ path: BenchPath, within seconds: Int, _ link: inout BenchLink
    ) async throws -> (address: IPAddress, port: Int) {
        let address = try address(path)
        let request = BenchRequest.startTransfer(address: "\(address)", seconds: seconds)
        guard case .started(let port) = try await link.ask(request) else {
            throw BenchError("the server did not start iperf3")
        }
        return (address, port)
    }

    /// - Parameter count: runs once the server waits for the transfer, and again right after the transfer.
    private func transfer(
        _ transfer: IPerfTransfer, _ path: BenchPath, within seconds: Int, _ link: inout BenchLink,
        count: (inout BenchLink) async throws -> Void = { _ in }
    ) async throws -> IPerfResult {
        let (address, port) = try await startTransfer(path, within: seconds, &link)
        let result: Result<IPerfResult, any Error>
        do {
            try await count(&link)
            let found = try await IPerfClient.run(transfer, to: address, port: port, within: seconds)
            try await count(&link)
            result = .success(found)
        } catch {
            result = .failure(error)
        }
        try Task.checkCancellation()
        // If the server ended the transfer, its reason explains more than the client's error: `ask` throws it.
        _ = try await link.ask(.endTransfer)
        return try result.get()
    }

    /// Runs `body` while a TCP transfer loads the same path.
    private func underLoad<Value: Sendable>(
        _ path: BenchPath, _ link: inout BenchLink, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let seconds = plan.transferLimitSeconds(.roundTrips(.loaded))
        let (address, port) = try await startTransfer(path, within: seconds, &link)
        let ramp = plan.rampSeconds
        let result: Result<Value, any Error>
        do {
            let value = try await withThrowingTaskGroup(of: Value?.self) { group in
                group.addTask {
                    _ = try await IPerfClient.run(
                        IPerfTransfer(length: .seconds(seconds)), to: address, port: port, within: seconds + 1)
                    return nil
                }
                group.addTask {
                    try await Task.sleep(for: .seconds(ramp))
                    return try await body()
                }
                // The load lasts longer than the measurement, so it is cancelled here.
                defer { group.cancelAll() }
                return try await group.next().flatMap { $0 }
            }
            guard let value else { throw BenchError("the load ended before the measurement") }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        try Task.checkCancellation()
        _ = try await link.ask(.endTransfer)
        return try result.get()
    }
}
