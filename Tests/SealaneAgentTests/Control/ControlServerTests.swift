import AgentTestSupport
import Foundation
import Glibc
import SealaneAgent
import SealaneControl
import SealaneFleet
import SealaneLinux
import TestSupport
import Testing

/// A real server and a real client on a real socket; only the agent behind them is made up.
struct ControlServerTests {
    private let directory: ScratchDirectory
    private let agent: ScratchAgent
    private let lines = RecordingLogHandler.Lines()

    init() throws {
        directory = try ScratchDirectory()
        agent = try ScratchAgent()
    }

    private var path: String { directory.path("control.sock") }
    // A long wait: other tests may keep the machine busy.
    private var client: ControlClient { ControlClient(socketPath: path, timeout: Patience.limit) }

    private func start(_ limits: ConnectionLimits = ConnectionLimits()) async throws -> ControlServer {
        try await ControlServer.start(
            path: path, handler: agent, limits: limits, logger: RecordingLogHandler.logger(lines))
    }

    /// Runs `body` while a server serves.
    private func serving(
        _ limits: ConnectionLimits = ConnectionLimits(), _ body: () async throws -> Void
    ) async throws {
        let server = try await start(limits)
        do {
            try await body()
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func expectService() async throws {
        let report = try await client.status().report
        #expect(report.pid == 4711)
    }

    private func added(_ name: String) -> PeerRecord {
        PeerRecord(
            name: name, endpoint: "10.77.0.9:7325", publicKey: ConfigurationText.key(9), addresses: ["10.78.0.9/32"])
    }

    @Test func `every request has its answer`() async throws {
        try await serving {
            #expect(try await client.status().report == SampleReports.status())
            #expect(try await client.peers().report.peers.map(\.name) == ["b", "c", "d", "long-name"])
            #expect(try await client.peer(named: "b").report == SampleReports.established())
            #expect(try await client.check(peer: "b").report.passes)
            #expect(try await client.check(peer: "c").report.verdict.reasons.count == 2)
            #expect(try await client.check(peer: "b", source: "10.78.0.2").report.passes)
            let foreign = try await client.check(peer: "b", source: "fd00::9").report
            #expect(foreign.source == "fd00::9")
            #expect(foreign.verdict.reasons.map(\.code) == [.addressNotOwned])
            #expect(try await client.add(added("e")).report.origin == .added)
            #expect(try await client.peer(named: "e").report.addresses == ["10.78.0.9/32"])
            #expect(try await client.removePeer(named: "e").report.removed == "e")
            #expect(try await client.reload().report.added == ["e"])
        }
    }

    @Test func `the client hands on the JSON as the agent wrote it`() async throws {
        try await serving {
            let json = try await client.status().json
            #expect(try json == ReportSchema.encode(SampleReports.status()))
        }
    }

    @Test func `what the agent refuses arrives with its code and message`() async throws {
        try await serving {
            await #expect(throws: ControlClientError.refused(ControlError(.notFound, "there is no peer named x"))) {
                try await client.peer(named: "x")
            }
            _ = try await client.add(added("e"))
            await #expect(
                throws: ControlClientError.refused(ControlError(.conflict, "\"e\" is already the name of a peer"))
            ) { try await client.add(added("e")) }
            for code in ControlError.Code.allCases {
                agent.failReload(with: ControlError(code, "because\nof two lines"))
                await #expect(throws: ControlClientError.refused(ControlError(code, "because\nof two lines"))) {
                    try await client.reload()
                }
            }
        }
    }

    @Test func `names and addresses that cannot be are refused before the agent is asked`() async throws {
        try await serving {
            let names = ["a/b", "../status", "a b", "%", "é", ""]
            for name in names {
                let error = await #expect(throws: ControlClientError.self) { try await client.peer(named: name) }
                guard case .refused(let refusal)? = error else {
                    Issue.record("\(name): \(String(describing: error))")
                    continue
                }
                #expect(refusal.code == .badRequest)
                #expect(refusal.message.contains("is not a peer name"))
            }
            let error = await #expect(throws: ControlClientError.self) {
                try await client.check(peer: "b", source: "10.78.0")
            }
            #expect(
                error?.description
                    == "source: \"10.78.0\" is not an address; expected one such as 10.78.0.2")
        }
    }

    @Test func `a peer that cannot be is refused with everything that is wrong`() async throws {
        try await serving {
            let bad = PeerRecord(name: "e", endpoint: "x", publicKey: "y", addresses: [])
            let error = await #expect(throws: ControlClientError.self) { try await client.add(bad) }
            #expect(
                error?.description == """
                    endpoint: "x" is not an endpoint; expected address:port such as 10.0.0.1:7325 or [fd00::1]:7325
                    publicKey: public key has 1 characters; expected 32 bytes as 44 characters of base64, as \
                    `sealane key public` prints them
                    addresses: there is none; expected at least one prefix such as 10.78.0.2/32
                    """)
        }
    }

    @Test(arguments: [
        ("GET /v1/nothing HTTP/1.1", 404, "not-found"),
        ("GET / HTTP/1.1", 404, "not-found"),
        ("GET /v1/status/ HTTP/1.1", 404, "not-found"),
        ("GET /v2/status HTTP/1.1", 404, "not-found"),
        ("GET /metrics/ HTTP/1.1", 404, "not-found"),
        ("GET /v1/metrics HTTP/1.1", 404, "not-found"),
        ("GET /metrics?x=1 HTTP/1.1", 400, "bad-request"),
        ("POST /metrics HTTP/1.1", 405, "method-not-allowed"),
        ("POST /v1/status HTTP/1.1", 405, "method-not-allowed"),
        ("PATCH /v1/peers/b HTTP/1.1", 405, "method-not-allowed"),
        ("GET /v1/peers/b/check?sauce=1 HTTP/1.1", 400, "bad-request"),
        ("GET /v1/peers/b/check?source HTTP/1.1", 400, "bad-request"),
        ("GET /v1/peers/b/check?source=10.78.0.2&source=10.78.0.3 HTTP/1.1", 400, "bad-request"),
        ("GET /v1/peers/b/check?source=%zz HTTP/1.1", 400, "bad-request"),
        ("GET /v1/status?x=1 HTTP/1.1", 400, "bad-request"),
        ("POST /v1/peers HTTP/1.1", 400, "bad-request"),
    ])
    func `a request for what there is not gets a status and a reason in JSON`(
        _ line: String, _ status: Int, _ code: String
    ) async throws {
        try await serving {
            let answer = try #require(await PlainConnection.exchange(path, "\(line)\r\nHost: x\r\n\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.lowercased().contains("content-type: application/json\r\n"))
            #expect(answer.contains("\"code\" : \"\(code)\""))
            #expect(answer.contains("\"schemaVersion\" : 1"))
        }
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "GET /v1/status HTTP/9.9\r\n\r\n",
        "GET /v1/status HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ])
    func `what is not HTTP is answered as such, and the server goes on`(_ text: String) async throws {
        try await serving {
            let answer = try #require(await PlainConnection.exchange(path, text))
            #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(answer.contains("\"code\" : \"bad-request\""))
            try await expectService()
        }
    }

    @Test func `what is not HTTP is answered however much of it there is`() async throws {
        try await serving {
            for _ in 0..<5 {
                let answer = try #require(
                    await PlainConnection.exchange(path, [UInt8](repeating: 0x16, count: 4 << 20)))
                #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            }
            try await expectService()
        }
    }

    @Test func `random bytes and early ends never stop the server`() async throws {
        try await serving {
            for _ in 0..<200 {
                _ = await PlainConnection.exchange(
                    path, (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: 0...255) })
            }
            _ = await PlainConnection.exchange(path, "POST /v1/peers HTTP/1.1\r\nContent-Length: 50\r\n\r\nhalf")
            try await expectService()
        }
    }

    @Test func `a body of up to 64 KiB is read and a greater one is refused, announced or not`() async throws {
        try await serving {
            func post(_ count: Int) async -> String? {
                let body = String(repeating: " ", count: count)
                return await PlainConnection.exchange(
                    path, "POST /v1/peers HTTP/1.1\r\nHost: x\r\nContent-Length: \(count)\r\n\r\n\(body)")
            }
            #expect(await post(ControlServer.bodyByteLimit)?.hasPrefix("HTTP/1.1 400 ") == true)
            for count in [ControlServer.bodyByteLimit + 1, 8 << 20] {
                let answer = try #require(await post(count))
                #expect(answer.hasPrefix("HTTP/1.1 413 "))
                #expect(answer.contains("the body has more than 65536 bytes"))
            }
            let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
            let chunked = await PlainConnection.exchange(
                path,
                "POST /v1/peers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)\(chunk)0\r\n\r\n"
            )
            #expect(chunked?.hasPrefix("HTTP/1.1 413 ") == true)
        }
    }

    @Test(arguments: [
        ("{\"name\": \"e\"}", "the body is not a peer: endpoint: is missing"),
        ("{", "the body is not a peer: "),
        (
            "{\"name\": \"e\", \"endpoitn\": \"x\"}",
            "the body is not a peer: unknown key \\\"endpoitn\\\"; expected one of"
        ),
    ])
    func `a body that is no peer is refused with what is wrong`(_ body: String, _ expected: String) async throws {
        try await serving {
            let answer = await PlainConnection.exchange(
                path, "POST /v1/peers HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(answer?.contains(expected) == true, "\(answer ?? "")")
        }
    }

    /// Reads what is there, removes a peer, and asks for what there is not.
    private func askAround() async throws {
        _ = try await client.peers()
        _ = try await client.add(added("e"))
        _ = try await client.removePeer(named: "b")
        await #expect(throws: ControlClientError.self) { try await client.removePeer(named: "b") }
        await #expect(throws: ControlClientError.self) { try await client.peer(named: "b") }
        _ = await PlainConnection.exchange(path, "POST /v1/peers HTTP/1.1\r\nContent-Length: 99999\r\n\r\n")
        _ = await PlainConnection.exchange(path, "POST /v1/peers HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        _ = await PlainConnection.exchange(path, "PUT /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
        _ = await PlainConnection.exchange(path, "garbage\r\n\r\n")
    }

    @Test func `requests that change something or are refused are logged with who made them, others are not`()
        async throws
    {
        try await serving {
            try await askAround()
            func line(_ method: String, _ status: Int, _ target: String, _ peer: String = "") -> String {
                "notice control request gid=\(getgid()) method=\(method) \(peer)pid=\(getpid()) "
                    + "status=\(status) target=\(target) uid=\(getuid())"
            }
            #expect(
                lines.all == [
                    line("POST", 201, "/v1/peers", "peer=e "), line("DELETE", 200, "/v1/peers/b"),
                    line("DELETE", 404, "/v1/peers/b"), line("GET", 404, "/v1/peers/b"),
                    line("POST", 413, "/v1/peers"), line("POST", 400, "/v1/peers"), line("PUT", 400, "/metrics"),
                    "notice control request gid=\(getgid()) pid=\(getpid()) status=400 uid=\(getuid())",
                ])
        }
    }

    @Test func `where there is an audit log they are told there, and not in the log`() async throws {
        let auditPath = directory.path("audit.jsonl")
        let logger = RecordingLogHandler.logger(lines)
        let server = try await ControlServer.start(
            path: path, handler: agent, audit: try AuditLog(path: auditPath, logger: logger), logger: logger)
        try await askAround()
        await server.stop()
        let records = try String(contentsOfFile: auditPath, encoding: .utf8).split(separator: "\n").map {
            try ReportSchema.decode(AuditRecord.self, from: Array($0.utf8))
        }
        #expect(records.map(\.method) == ["POST", "DELETE", "DELETE", "GET", "POST", "POST", "PUT", nil])
        #expect(records.map(\.status) == [201, 200, 404, 404, 413, 400, 400, 400])
        #expect(
            records.map(\.target) == [
                "/v1/peers", "/v1/peers/b", "/v1/peers/b", "/v1/peers/b", "/v1/peers", "/v1/peers", "/metrics", nil,
            ])
        #expect(records.map(\.peer) == ["e", nil, nil, nil, nil, nil, nil, nil])
        for record in records {
            #expect(record.event == .request)
            #expect(record.uid == getuid() && record.gid == getgid() && record.pid == getpid())
        }
        #expect(lines.all.isEmpty)
    }

    @Test func `many clients at once are all served`() async throws {
        try await serving {
            try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<64 { group.addTask { try await client.status().report.pid } }
                for try await pid in group { #expect(pid == 4711) }
            }
        }
    }

    @Test func `connections that say nothing are limited, and the server goes on`() async throws {
        try await serving {
            #expect(await PlainConnection.openSilent(148, path, untilClosed: 20) == 20)
            try await expectService()
        }
    }

    @Test func `one connection too many is told so, and how many there may be`() async throws {
        // The silent connections stay open for as long as a busy machine needs.
        try await serving(ConnectionLimits(idle: Patience.limit, request: Patience.limit)) {
            // Some more, since they are let in by several threads.
            try await PlainConnection.withSilent(140, path) {
                let error = await #expect(throws: ControlClientError.self) { try await client.status() }
                guard case .refused(let refusal)? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                #expect(refusal.code == .unavailable)
                #expect(refusal.message.hasPrefix("too many connections: 128 are open"))
            }
            try await expectService()
        }
    }

    @Test func `HEAD has the answer but its body`() async throws {
        try await serving {
            let answer = try #require(
                await PlainConnection.exchange(path, "HEAD /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n"), "\(answer)")
            #expect(lines.all.isEmpty)
        }
    }

    @Test func `a socket whose file was removed is made anew, one that is there is left alone`() async throws {
        let server = try await start()
        await server.restore()
        #expect(lines.all.isEmpty)
        try FileManager.default.removeItem(atPath: path)
        await #expect(throws: ControlClientError.agentNotRunning(path)) { try await client.status() }
        await server.restore()
        try await expectService()
        #expect(directory.mode(of: "control.sock") == 0o660)
        #expect(lines.all == ["warning the control socket was removed and has been created again path=\(path)"])
        try FileManager.default.removeItem(atPath: path)
        try Data("precious".utf8).write(to: URL(filePath: path))
        await server.restore()
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
        await server.stop()
        #expect(directory.names == ["control.sock"])
    }

    @Test func `metrics are text for Prometheus`() async throws {
        try await serving {
            let answer = try #require(await PlainConnection.exchange(path, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"))
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(try answer.hasSuffix("\r\n\r\n" + SampleReports.metrics().text))
        }
    }

    // MARK: The socket

    @Test func `the socket is for owner and group, nothing else is left beside it, and it goes with the server`()
        async throws
    {
        let server = try await start()
        #expect(directory.mode(of: "control.sock") == 0o660)
        #expect(directory.names == ["control.sock"])
        await server.stop()
        #expect(directory.names == [])
    }

    @Test func `a directory that is missing is made`() async throws {
        let path = directory.path("run/sealane/control.sock")
        let server = try await ControlServer.start(
            path: path, handler: agent, logger: RecordingLogHandler.logger(lines))
        #expect(try await ControlClient(socketPath: path, timeout: Patience.limit).status().report.pid == 4711)
        await server.stop()
    }

    @Test func `a socket that a killed agent left behind gives way`() async throws {
        #expect(PlainConnection.leaveBehind(path))
        try FileManager.default.createDirectory(
            atPath: directory.path(".control.sock"), withIntermediateDirectories: false)
        #expect(PlainConnection.leaveBehind(directory.path(".control.sock/s")))
        await #expect(throws: ControlClientError.agentNotRunning(path)) { try await client.status() }
        try await serving {
            try await expectService()
            #expect(directory.names == ["control.sock"])
        }
    }

    @Test func `the socket of an agent that lives is left alone`() async throws {
        try await serving {
            let error = await #expect(throws: ControlServerError.self) { try await start() }
            #expect(
                error?.description == "control socket \(path): another agent answers there (pid \(getpid())); "
                    + "stop it, or give this agent another agent.control-socket")
            try await expectService()
            #expect(directory.names == ["control.sock"])
        }
    }

    @Test func `a file that is no socket is never removed`() async throws {
        try Data("precious".utf8).write(to: URL(filePath: path))
        let error = await #expect(throws: ControlServerError.self) { try await start() }
        #expect(error?.problem == .notASocket)
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
    }

    @Test func `a path that no socket can have is refused`() async throws {
        let long = directory.path(String(repeating: "x", count: SocketPath.byteLimit))
        let error = await #expect(throws: ControlServerError.self) {
            try await ControlServer.start(path: long, handler: agent, logger: RecordingLogHandler.logger(lines))
        }
        #expect(error?.problem == .pathTooLong)
        let fill = SocketPath.byteLimit - directory.root.utf8.count - 1
        let longest = directory.path(String(repeating: "x", count: fill))
        let server = try await ControlServer.start(
            path: longest, handler: agent, logger: RecordingLogHandler.logger(lines))
        await server.stop()
    }

    @Test func `a server that stops does not remove the socket of the one after it`() async throws {
        let first = try await start()
        try FileManager.default.removeItem(atPath: path)
        let second = try await start()
        await first.stop()
        try await expectService()
        await second.stop()
        #expect(directory.names == [])
    }
}
