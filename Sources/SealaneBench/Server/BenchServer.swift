import NIOCore
import SealaneLinux
import SealanePacket

/// `sealane bench serve`: does what one client at a time asks, and nothing otherwise.
public struct BenchServer: Sendable {
    private let service: BenchService
    /// Of this host.
    private let iperf: String
    private let runs = Turnstile(limit: 1)
    private let places = Turnstile(limit: 32)
    /// Those that were told of: a stranger does not fill the log.
    private let strangers = Turnstile(limit: 100)

    /// A client that has connected says hello at once.
    private static var helloPatience: Duration { .seconds(5) }

    /// - Throws: `BenchError` if there is no iperf3.
    public init(_ service: BenchService) async throws {
        self.service = service
        iperf = try await IPerfProgram.version()
    }

    /// Serves until the task is cancelled; then nothing of it runs any more.
    /// - Parameters:
    ///   - isReady: called once all addresses are listened on.
    ///   - log: gets a line for each client that comes, goes, or is turned away.
    public func run(isReady: @Sendable () -> Void, log: @escaping @Sendable (String) -> Void) async throws {
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
                    // A client that vanishes is no failure of the server.
                    try? await converse(&link, log)
                    await link.close()
                    places.leave()
                }
            }
            // Only a cancelled task comes to the end of the connections; its children are cancelled as well.
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
                "TCP \(endpoint) cannot be listened on: \(why); expected an address of this host, and a port that no "
                    + "other program listens on")
        }
    }

    private func converse(_ link: inout BenchLink, _ log: (String) -> Void) async throws {
        guard let client = link.remoteAddress else { return }
        guard service.peers.contains(client) else {
            if strangers.enter() { log("\(client) is turned away: it is not served") }
            try await link.send(
                BenchReply.refused("\(client) is not served; expected sealane bench serve --peer \(client)"))
            return
        }
        // Who measures how long connections take says nothing.
        guard let line = try await link.line(within: Self.helloPatience) else { return }
        var session = BenchSession(service, iperf: iperf)
        do {
            let welcome = try session.welcome(try BenchMessage.decode(BenchRequest.self, from: line))
            guard runs.enter() else { throw BenchError("another run is going on; expected one at a time") }
            defer { runs.leave() }
            log("\(client) measures")
            let result: Result<Void, any Error>
            do {
                try await link.send(welcome)
                try await serve(&session, &link)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await session.end()
            log("\(client) has ended")
            try result.get()
        } catch let error as BenchError {
            log("\(client) is turned away: \(error)")
            try await link.send(BenchReply.refusal(error))
        }
    }

    private func serve(_ session: inout BenchSession, _ link: inout BenchLink) async throws {
        // A client that goes on is heard from once a transfer.
        let patience = Duration.seconds(service.limits.seconds + 30)
        while let line = try await link.line(within: patience) {
            let reply: BenchReply
            do {
                reply = try await session.answer(try BenchMessage.decode(BenchRequest.self, from: line))
            } catch let error as CancellationError {
                throw error
            } catch {
                reply = .refusal(error)
            }
            try await link.send(reply)
        }
    }
}

/// Lets in so many at once.
private final class Turnstile: Sendable {
    private let limit: Int
    private let count = Lock(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// False: there are as many as may be.
    func enter() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    func leave() { count.withLock { $0 -= 1 } }
}
