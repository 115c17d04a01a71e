import NIOCore
import NIOPosix
import SealaneLinux
import SealanePacket
import Synchronization

/// `sealane bench serve`: does what one client at a time asks, and nothing otherwise.
public struct BenchServer: Sendable {
    private let service: BenchService
    /// Of this host.
    private let iperf: String
    private let runs = Turnstile(limit: 1)
    private let connections = Turnstile(limit: 32)

    private typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

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
        var listeners: [NIOAsyncChannel<Connection, Never>] = []
        for address in service.addresses {
            do {
                listeners.append(try await listen(at: address))
            } catch {
                for listener in listeners { try? await listener.channel.close() }
                let why = (error as? IOError).map { SystemError.text(of: $0.errnoCode) } ?? "\(error)"
                throw BenchError(
                    "TCP \(Endpoint(address: address, port: UInt16(service.port))) cannot be listened on: \(why); expected "
                        + "an address of this host, and a port that no other program listens on")
            }
        }
        isReady()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for listener in listeners { group.addTask { try await accept(listener, log) } }
            try await group.waitForAll()
        }
    }

    private func listen(at address: IPAddress) async throws -> NIOAsyncChannel<Connection, Never> {
        try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 64)
            // Connections of a server that has ended linger on the port for a while.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(to: NIOCore.SocketAddress(ipAddress: "\(address)", port: service.port)) { channel in
                channel.eventLoop.makeCompletedFuture { try BenchLink.prepare(channel) }
            }
    }

    private func accept(
        _ listener: NIOAsyncChannel<Connection, Never>, _ log: @escaping @Sendable (String) -> Void
    ) async throws {
        try await listener.executeThenClose { inbound in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in inbound {
                    guard connections.enter() else {
                        connection.channel.close(promise: nil)
                        continue
                    }
                    group.addTask {
                        defer { connections.leave() }
                        // A client that vanishes is no failure of the server.
                        try? await connection.executeThenClose { inbound, outbound in
                            var link = BenchLink(
                                connection, BenchLink.Streams(inbound: inbound, outbound: outbound))
                            try await converse(&link, log)
                        }
                    }
                }
            }
        }
    }

    private func converse(_ link: inout BenchLink, _ log: (String) -> Void) async throws {
        guard let client = link.remoteAddress else { return }
        guard service.peers.contains(client) else {
            log("\(client) is turned away: it is not served")
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
    private let count = Mutex(0)

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
