import AgentTestSupport
import SealaneAgent
import SealanePacket
import TestSupport
import Testing

struct MetricsServerTests {
    private let agent: ScratchAgent

    init() throws {
        agent = try ScratchAgent()
    }

    /// Runs `body` while metrics are served on a port of 127.0.0.1.
    private func serving(_ body: (_ port: UInt16) async throws -> Void) async throws {
        let port = try PlainConnection.freePort()
        let server = try await start(port)
        do {
            try await body(port)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func start(_ port: UInt16) async throws -> MetricsServer {
        let endpoint = try #require(Endpoint("127.0.0.1:\(port)"))
        return try await MetricsServer.start(endpoint, handler: agent)
    }

    private func ask(_ port: UInt16, _ line: String) async throws -> String {
        try #require(await PlainConnection.exchange(port: port, "\(line) HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    @Test func `metrics are served as text for Prometheus, again and again`() async throws {
        try await serving { port in
            for _ in 0..<3 {
                let answer = try await ask(port, "GET /metrics")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                #expect(try answer.hasSuffix("\r\n\r\n" + SampleReports.metrics().text))
            }
        }
    }

    @Test(arguments: [
        ("GET /", 404), ("GET /metrics/", 404), ("GET /metricsx?x=1", 404), ("GET //metrics", 404),
        ("GET /v1/status", 404), ("GET /v1/peers", 404), ("POST /v1/reload", 404), ("DELETE /v1/peers/b", 404),
        ("POST /metrics", 405), ("PUT /metrics", 405), ("HEAD /", 404), ("OPTIONS /metrics", 405),
    ])
    func `nothing else of the agent can be asked there`(_ line: String, _ status: Int) async throws {
        try await serving { port in
            let answer = try await ask(port, line)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
            #expect(!answer.contains("sealane_"))
        }
        #expect(try await agent.peer(named: "b").name == "b")
    }

    @Test func `parameters that a scraper adds are passed over, and HEAD has the answer but its body`() async throws {
        try await serving { port in
            let answer = try await ask(port, "GET /metrics?x=1&y")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("sealane_uptime_seconds"))
            let head = try await ask(port, "HEAD /metrics")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n"), "\(head)")
            let length = try SampleReports.metrics().text.utf8.count
            #expect(head.lowercased().contains("content-length: \(length)\r\n"), "\(head)")
            #expect(!head.contains("sealane_"))
        }
    }

    @Test func `however many ask at once, the agent is asked once`() async throws {
        try await serving { port in
            agent.delayMetrics(by: .milliseconds(200))
            let begin = ContinuousClock.now
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<32 { group.addTask { try await ask(port, "GET /metrics") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200 ") } && answers.count == 32)
            // An answer serves a second. Where the machine is so busy that it takes longer until all have asked, the agent is
            // asked again.
            let seconds = Int((ContinuousClock.now - begin).components.seconds)
            #expect((1...1 + seconds).contains(agent.metricsCount))
        }
    }

    @Test func `what is not HTTP is refused, and the server goes on`() async throws {
        try await serving { port in
            for garbage in ["\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "garbage\r\n\r\n", ""] {
                let answer = await PlainConnection.exchange(port: port, garbage)
                #expect(answer?.contains("sealane_") == false)
            }
            let answer = try await ask(port, "GET /metrics")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `a port that is taken is told, and what would be right`() async throws {
        try await PlainConnection.withListener { port in
            let error = await #expect(throws: MetricsServerError.self) { try await start(port) }
            #expect(
                error?.description == "cannot listen on TCP 127.0.0.1:\(port): "
                    + "Address already in use (EADDRINUSE); expected an address of this host, and a port that no other program uses"
            )
        }
    }

    @Test func `an address of another host is told`() async throws {
        // RFC 5737: nobody's.
        let endpoint = try #require(Endpoint("192.0.2.1:9325"))
        let error = await #expect(throws: MetricsServerError.self) {
            try await MetricsServer.start(endpoint, handler: agent)
        }
        #expect(error?.description.contains("(EADDRNOTAVAIL)") == true)
    }

    @Test func `a server that has stopped leaves the port to the next one at once`() async throws {
        let port = try PlainConnection.freePort()
        for _ in 0..<3 {
            let server = try await start(port)
            let answer = try await ask(port, "GET /metrics")
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            await server.stop()
            #expect(await PlainConnection.exchange(port: port, "GET /metrics HTTP/1.1\r\n\r\n") == nil)
        }
    }
}
