import AgentTestSupport
import SealaneAgent
import SealaneControl
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

/// Clients that keep a connection for as long as they can.
struct ConnectionLimitTests {
    private let directory: ScratchDirectory
    private let agent: ScratchAgent

    init() throws {
        directory = try ScratchDirectory()
        agent = try ScratchAgent()
    }

    private var path: String { directory.path("control.sock") }

    /// Nothing but what `change` makes of it ends a connection.
    private func limits(_ change: (inout ConnectionLimits) -> Void) -> ConnectionLimits {
        var limits = ConnectionLimits(idle: Patience.limit, request: Patience.limit, answer: Patience.limit)
        change(&limits)
        return limits
    }

    private func serving(_ limits: ConnectionLimits, _ body: () async throws -> Void) async throws {
        let logger = RecordingLogHandler.logger(RecordingLogHandler.Lines())
        let server = try await ControlServer.start(path: path, handler: agent, limits: limits, logger: logger)
        do {
            try await body()
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `a request that comes byte by byte has its time, and no more`() async throws {
        try await serving(limits { $0.request = .milliseconds(200) }) {
            #expect(await PlainConnection.isClosedWhileTrickling(path, "GET /v1/status HTTP/1.1\r\nA: "))
        }
    }

    @Test func `whoever goes on talking after the answer is closed`() async throws {
        try await serving(limits { $0.answer = .milliseconds(200) }) {
            #expect(
                await PlainConnection.isClosedWhileTrickling(path, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"))
        }
    }

    @Test func `whoever does not read the answer is closed after a while`() async throws {
        // More than the kernel takes for a socket that nobody reads.
        for number in 0..<4000 {
            let peer = PeerRecord(
                name: "p\(number)", endpoint: "10.77.0.9:7325", publicKey: ConfigurationText.key(9),
                addresses: ["10.78.0.9/32"])
            _ = try await agent.add(peer.definition())
        }
        try await serving(limits { $0.answer = .milliseconds(200) }) {
            let count = await PlainConnection.countUnread(path, "GET /v1/peers HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(count > 0 && count < 1 << 20, "\(count)")
            let client = ControlClient(socketPath: path, timeout: Patience.limit)
            let peer = try await client.peer(named: "p0").report
            #expect(peer.name == "p0")
        }
    }

    @Test func `over TCP the same limits hold`() async throws {
        let port = try PlainConnection.freePort()
        let endpoint = try #require(Endpoint("127.0.0.1:\(port)"))
        let server = try await MetricsServer.start(
            endpoint, handler: agent, limits: limits { $0.answer = .milliseconds(200) })
        #expect(
            await PlainConnection.isClosedWhileTrickling(port: port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
        await server.stop()
    }
}
