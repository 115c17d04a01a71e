import NIOCore
import SealaneLinux
import SealanePacket

/// `sealane bench serve`: serves the requests of one client at a time.
package struct BenchServer: Sendable {
    private let service: BenchService
    /// The iperf3 version of this host.
    private let iperf: String
    private let runs = Turnstile(limit: 1)
    private let places = Turnstile(limit: 32)
    /// Limits the log lines about clients that are not served, so that they cannot fill the log.
    private let loggedRefusals = Turnstile(limit: 100)

    /// How long a connected client may take to send hello.
    private static var helloPatience: Duration { .seconds(5) }

    /// - Throws: `BenchError` if there is no iperf3.
    package init(_ service: BenchService) async throws {
        self.service = service
        iperf = try await IPerfProgram.version()
    }

    /// Serves until the task is cancelled. When it returns, nothing that it started is running.
    /// - Parameters:
    ///   - isReady: called once the server listens on all addresses.
    ///   - log: receives a line for each client that arrives, leaves or is refused.
    package func run(isReady: @Sendable () -> Void, log: @escaping @Sendable (String) -> Void) async throws {
        let (connections, arrivals) = AsyncStream.makeStream(of: BenchConnection.self)
        var listeners: [any Channel] = []
        do {
            for address in service.addresses { listeners.append(try await listen(at: address, arrivals)) }
        } catch {
            for listener in listeners { try? await listener.close() }
            throw error
        }
        isReady()
        await withDiscardingTaskGroup { group in
            for await connection in connections {
                guard places.enter() else {
                    connection.channel.close(promise: nil)
                    continue
                }
                group.addTask {
                    var link = BenchLink(connection)
                    // A client that disconnects is not an error of the server.
                    try? await converse(&link, log)
                    await link.close()
                    places.leave()
                }
            }
            // The stream of connections ends only if the task is cancelled, which also cancels the child tasks.
            for listener in listeners { try? await listener.close() }
        }
        try Task.checkCancellation()
    }

    private func listen(
        at address: IPAddress, _ arrivals: AsyncStream<BenchConnection>.Continuation
    ) async throws -> any Channel {
        do {
            return try await BenchConnection.listen(
                at: NIOCore.SocketAddress(ipAddress: "\(address)", port: service.port), arrivals)
        } catch {
            let why = (error as? IOError).map { SystemError.text(of: $0.errnoCode) } ?? "\(error)"
            let endpoint = Endpoint(address: address, port: UInt16(clamping: service.port))
            throw BenchError(
                "cannot listen on TCP \(endpoint): \(why); expected an address of this host, and a port that no other program "
                    + "uses")
        }
    }

    private func converse(_ link: inout BenchLink, _ log: (String) -> Void) async throws {
        guard let client = link.remoteAddress else { return }
        guard service.peers.contains(client) else {
            if loggedRefusals.enter() { log("\(client) refused: it is not served") }
            try await link.send(
                BenchReply.refused("\(client) is not served; expected sealane bench serve --peer \(client)"))
            return
        }
        // The measurement of connection set-up sends nothing.
        guard let line = try await link.line(within: Self.helloPatience) else { return }
        var session = BenchSession(service, iperf: iperf)
        do {
            let welcome = try session.welcome(try BenchMessage.decode(BenchRequest.self, from: line))
            guard runs.enter() else { throw BenchError("another run is in progress; expected one at a time") }
            defer { runs.leave() }
            log("\(client) started a run")
            let result: Result<Void, any Error>
            do {
                try await link.send(welcome)
                try await serve(&session, &link)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await session.end()
            log("\(client) ended its run")
            try result.get()
        } catch let error as BenchError {
            log("\(client) refused: \(error)")
            try await link.send(BenchReply.refusal(error))
        }
    }

    private func serve(_ session: inout BenchSession, _ link: inout BenchLink) async throws {
        // During a run, the client sends a request at least once per transfer.
        let patience = Duration.seconds(service.limits.seconds + 30)
        while let line = try await link.line(within: patience) {
            let reply: BenchReply
            do {
                reply = try await session.respond(to: try BenchMessage.decode(BenchRequest.self, from: line))
            } catch let error as CancellationError {
                throw error
            } catch {
                reply = .refusal(error)
            }
            try await link.send(reply)
        }
    }
}

/// Admits at most `limit` callers at once.
private final class Turnstile: Sendable {
    private let limit: Int
    private let count = Lock(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Returns false if the limit is reached.
    func enter() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
