import Glibc
import SealaneBench
import SealaneLinux
import SealanePacket
import Synchronization
import Testing
import TestSupport

@Suite(.serialized)
struct BenchServerTests {
    /// A blocking TCP connection from one loopback address to another.
    private struct Client: ~Copyable {
        private let descriptor: CInt

        init(from source: UInt32 = 0x7f00_0001, port: Int) throws {
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var limit = timeval(tv_sec: 300, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            try #require(Self.with(source, 0) { bind(descriptor, $0, $1) } == 0)
            try #require(Self.with(0x7f00_0001, port) { connect(descriptor, $0, $1) } == 0)
        }

        deinit {
            close(descriptor)
        }

        private static func with(
            _ address: UInt32, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
        ) -> CInt {
            var native = sockaddr_in()
            native.sin_family = sa_family_t(AF_INET)
            native.sin_port = UInt16(port).bigEndian
            native.sin_addr.s_addr = address.bigEndian
            return withUnsafePointer(to: native) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }

        func say(_ text: String) {
            let bytes = Array(text.utf8)
            _ = send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL))
        }

        /// Reads up to the next newline or the end. Returns nil at the end.
        func answer() -> String? {
            var line: [UInt8] = []
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
            return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
        }
    }

    private static let hello = #"{"hello":{"protocolVersion":1,"version":"0.1.0"}}"# + "\n"

    /// Runs a server on 127.0.0.1 for that address while `body` runs. Needs iperf3, as the server does.
    private func serving(port: Int, _ body: @escaping @Sendable () throws -> Void) async throws -> [String] {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let server = try await BenchServer(
            BenchService(
                addresses: [loopback], port: port, peers: [loopback], limits: BenchLimits(), version: "0.1.0",
                agent: AgentLookup { _, _ in nil }))
        let log = Mutex<[String]>([])
        let (readiness, ready) = AsyncStream.makeStream(of: Void.self)
        let running = Task {
            try await server.run {
                ready.yield()
            } log: { line in
                log.withLock { $0.append(line) }
            }
        }
        defer { running.cancel() }
        for await _ in readiness { break }
        try await withCheckedThrowingContinuation { continuation in
            do {
                _ = try LinuxThread.start(name: "client") { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
        running.cancel()
        _ = await running.result
        return log.withLock { $0 }
    }

    @Test func `the server survives hundreds of connections and arbitrary lines`() async throws {
        let port = 7401
        let log = try await serving(port: port) {
            var random = SeededRandom(seed: 5)
            for round in 0..<300 {
                let client = try Client(port: port)
                let line = Array(Self.hello.utf8).mutated(using: &random)
                if round % 3 == 0 { client.say(String(decoding: line, as: UTF8.self)) }
            }
            let endless = try Client(port: port)
            for _ in 0..<40 { endless.say(String(repeating: "a", count: 16_384)) }
            #expect(endless.answer() == nil)
            // One of the earlier connections may still be open.
            var welcome: String?
            let deadline = MonotonicClock.now() + Patience.nanoseconds
            while welcome?.contains("welcome") != true, MonotonicClock.now() < deadline {
                let client = try Client(port: port)
                client.say(Self.hello)
                welcome = client.answer()
                guard welcome?.contains("welcome") == true else {
                    usleep(20_000)
                    continue
                }
                client.say("nonsense\n")
                #expect(client.answer()?.contains("cannot decode a message") == true)
                client.say(#"{"usage":{}}"# + "\n")
                #expect(client.answer()?.contains("hostSeconds") == true)
                client.say(Self.hello)
                #expect(client.answer()?.contains("expected hello only once") == true)
            }
            #expect(welcome?.contains("welcome") == true)
        }
        #expect(log.contains("127.0.0.1 started a run"))
    }

    @Test func `the server serves one client at a time and refuses unknown clients without details`() async throws {
        let port = 7404
        let log = try await serving(port: port) {
            let first = try Client(port: port)
            first.say(Self.hello)
            #expect(first.answer()?.contains("welcome") == true)
            let second = try Client(port: port)
            second.say(Self.hello)
            #expect(second.answer()?.contains("another run is in progress") == true)
            #expect(second.answer() == nil)
            let stranger = try Client(from: 0x7f00_0009, port: port)
            stranger.say(Self.hello)
            let said = stranger.answer()
            #expect(said?.contains("127.0.0.9 is not served") == true)
            #expect(said?.contains("127.0.0.1") == false)
            #expect(stranger.answer() == nil)
            first.say(#"{"usage":{}}"# + "\n")
            #expect(first.answer()?.contains("hostSeconds") == true)
        }
        #expect(log.contains { $0.hasPrefix("127.0.0.9 refused") })
    }

    @Test func `the echo server answers only served hosts, and its port is free afterwards`() async throws {
        let loopback = try #require(IPAddress("127.0.0.1"))
        let other = try #require(IPAddress("127.0.0.8"))
        let service = try BenchService(
            addresses: [loopback], port: 7407, peers: [loopback, other], limits: BenchLimits(), version: "0.1.0",
            agent: AgentLookup { _, _ in nil })
        var session = BenchSession(service, iperf: "iperf 3.12")
        #expect(try await session.respond(to: .startEcho(address: "127.0.0.1")) == .started(port: 7409))
        let destination = SocketAddress(ipv4: 0x7f00_0001, port: 7409)
        #expect(try Self.echoes(from: 0x7f00_0001, to: destination))
        #expect(try !Self.echoes(from: 0x7f00_0009, to: destination))
        // A datagram from another echo server's port would go back and forth forever.
        #expect(try Self.echoes(from: 0x7f00_0008, to: destination))
        #expect(try !Self.echoes(from: 0x7f00_0008, port: 7409, to: destination))
        #expect(try await session.respond(to: .endEcho) == .echoEnded)
        // The port is free again.
        _ = try UDPSocket.bind(to: destination)
        await session.end()
    }

    /// Whether a datagram from `source` comes back. It does not if a later datagram of a served host comes back first.
    private static func echoes(from source: UInt32, port: UInt16 = 0, to destination: SocketAddress) throws -> Bool {
        let served = try UDPSocket.bind(to: SocketAddress(ipv4: 0x7f00_0001, port: 0))
        let socket = try UDPSocket.bind(to: SocketAddress(ipv4: source, port: port))
        let bytes: [UInt8] = Array(repeating: 7, count: 64)
        func exchange(_ socket: borrowing UDPSocket, waiting nanoseconds: UInt64) throws -> Bool {
            var epoll = try Epoll(capacity: 1)
            try epoll.add(socket.fileDescriptor, for: .readable, token: 0)
            var received = ReceiveBatch(capacity: 1, bufferByteCount: 128)
            _ = epoll.wait(timeoutNanoseconds: nanoseconds)
            return received.fill(from: socket) == 1 && Array(received.datagram(at: 0)) == bytes
        }
        func send(_ socket: borrowing UDPSocket) {
            var batch = SendBatch(capacity: 1, forIPv6Socket: false)
            bytes.withUnsafeBytes { bytes in
                batch.append(bytes, to: destination)
                _ = batch.flush(to: socket)
            }
        }
        send(socket)
        send(served)
        guard try exchange(served, waiting: Patience.nanoseconds) else { throw Failure("no echo for the served host") }
        return try exchange(socket, waiting: source == 0x7f00_0001 ? Patience.nanoseconds : 0)
    }
}
