import Foundation
import SealaneBench
import SealaneLinux
import SealanePacket
import Subprocess
import Testing
import TestSupport

@Suite struct BenchSessionTests {
    private func session(_ limits: BenchLimits = BenchLimits(), port: Int = 7390) throws -> BenchSession {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let service = try BenchService(
            addresses: [loopback], port: port, peers: [loopback], limits: limits, version: "0.1.0",
            agent: AgentLookup { _, _ in nil })
        return BenchSession(service, iperf: "iperf 3.12")
    }

    @Test func `a client with another method is refused with both versions`() throws {
        let error = #expect(throws: BenchError.self) {
            try session().welcome(.hello(protocolVersion: 2, version: "9.9.9"))
        }
        #expect(error?.description.contains("sealane 0.1.0") == true)
        #expect(error?.description.contains("sealane 9.9.9") == true)
        #expect(throws: BenchError.self) { try session().welcome(.usage) }
    }

    @Test func `a transfer longer than the limit is refused with the limit`() async throws {
        var session = try session(BenchLimits(seconds: 5, byteCount: 1 << 30))
        await #expect(
            throws: BenchError(
                """
                a transfer of 6 s is longer than this server's limit, 5 s (sealane bench serve --max-seconds)
                """)
        ) {
            try await session.respond(to: .startTransfer(address: "127.0.0.1", seconds: 6))
        }
        await session.end()
    }

    @Test func `no transfer starts once the byte limit is used up`() async throws {
        var session = try session(BenchLimits(seconds: 5, byteCount: 0))
        let error = await #expect(throws: BenchError.self) {
            try await session.respond(to: .startTransfer(address: "127.0.0.1", seconds: 1))
        }
        #expect(error?.description.contains("--max-gib") == true, "\(String(describing: error))")
    }

    @Test func `iperf3's bytes count towards the limit, and a run beyond it ends`() async throws {
        var session = try session(BenchLimits(seconds: 300, byteCount: 100 << 20))
        func transfer() async throws -> BenchReply {
            guard
                case .started(let port) = try await session.respond(
                    to: .startTransfer(address: "127.0.0.1", seconds: 300))
            else { return .echoEnded }
            _ = try await Subprocess.run(
                .name("iperf3"), arguments: ["-c", "127.0.0.1", "-p", "\(port)", "-n", "64M", "-R"],
                output: .string(limit: 1 << 16))
            return try await session.respond(to: .endTransfer)
        }
        guard case .transferEnded(let bytes) = try await transfer() else {
            Issue.record("the transfer did not end")
            return
        }
        // The lines of iperf3 have three digits.
        #expect((63 << 20...66 << 20).contains(bytes))
        let over = await #expect(throws: BenchError.self) { try await transfer() }
        #expect(over?.description.contains("left of the server's limit") == true, "\(String(describing: over))")
        let refused = await #expect(throws: BenchError.self) { try await transfer() }
        #expect(refused?.description.contains("--max-gib") == true, "\(String(describing: refused))")
        await session.end()
    }

    @Test func `a transfer cancelled at its start leaves no iperf3 behind`() async throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            // timeout(1) starts its child after about a millisecond.
            let delay = Duration.microseconds(Int.random(in: 0...5000, using: &random))
            let transfer = Task {
                var begun = try session(port: 7393)
                _ = try? await begun.respond(to: .startTransfer(address: "127.0.0.1", seconds: 10))
                await begun.end()
            }
            try await Task.sleep(for: delay)
            transfer.cancel()
            try await transfer.value
        }
        // An iperf3 whose `timeout` is gone would listen for ever. One that is being killed may take a while to end.
        let deadline = ContinuousClock.now + Patience.limit
        while try isListening(7394), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try !isListening(7394))
    }

    /// Whether a socket of this network namespace listens on the TCP port, without connecting to it.
    private func isListening(_ port: Int) throws -> Bool {
        let listen = "0A"
        return try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8).split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            let local = fields.dropFirst().first?.split(separator: ":").last.flatMap { Int($0, radix: 16) }
            return local == port && fields.dropFirst(3).first.map(String.init) == listen
        }
    }

    @Test(arguments: ["127.0.0.2", "::1", "10.0.0.1"])
    func `nothing starts at an address that the server does not listen on`(address: String) async throws {
        var session = try session()
        for request: BenchRequest in [
            .startTransfer(address: address, seconds: 1), .startEcho(address: address),
            .host(plain: address, tunnel: "127.0.0.1"), .host(plain: "127.0.0.1", tunnel: address),
        ] {
            await #expect(throws: BenchError.self) { try await session.respond(to: request) }
        }
    }

    @Test func `a server needs valid addresses, peers, port and limits`() throws {
        let address = try #require(IPAddress("10.0.0.1"))
        let any = try #require(IPAddress("0.0.0.0"))
        func make(_ addresses: [IPAddress], _ peers: Set<IPAddress>, _ port: Int, _ seconds: Int) throws {
            _ = try BenchService(
                addresses: addresses, port: port, peers: peers, limits: BenchLimits(seconds: seconds), version: "",
                agent: AgentLookup { _, _ in nil })
        }
        try make([address], [address], 7300, 60)
        #expect(throws: BenchError.self) { try make([], [address], 7300, 60) }
        #expect(throws: BenchError.self) { try make([address], [], 7300, 60) }
        #expect(throws: BenchError.self) { try make([any], [address], 7300, 60) }
        #expect(throws: BenchError.self) { try make([address], [any], 7300, 60) }
        #expect(throws: BenchError.self) { try make([address], [address], 0, 60) }
        #expect(throws: BenchError.self) { try make([address], [address], 65534, 60) }
        #expect(throws: BenchError.self) { try make([address], [address], 7300, 0) }
    }
}
