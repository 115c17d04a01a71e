import SealaneLinux
import SealanePacket
import Subprocess

/// One iperf3 server, for one transfer. Whoever starts it stops it.
final class IPerfServer: Sendable {
    /// For the client to connect, and for iperf3 to say what there was.
    private static var graceSeconds: Int { 10 }

    private let program: Task<Carried, Never>

    struct Carried: Sendable {
        /// As iperf3's lines tell: to about a hundredth.
        var count: UInt64 = 0
        /// Why it ended, or could not begin, if not by itself or as told.
        var problem: String?
    }

    private init(_ program: Task<Carried, Never>) {
        self.program = program
    }

    /// Returns once it listens.
    ///
    /// - Parameters:
    ///   - seconds: of the transfer; a little later, it is ended.
    ///   - byteLimit: more than this, as far as iperf3's lines tell each second, and it is ended.
    ///   - isServed: whether a client may connect; if another does, it is ended.
    static func start(
        at address: IPAddress, port: Int, seconds: Int, byteLimit: UInt64,
        isServed: @escaping @Sendable (IPAddress) -> Bool
    ) async throws(BenchError) -> IPerfServer {
        let (readiness, ready) = AsyncStream.makeStream(of: Bool.self)
        let program = Task {
            let ended = await run(at: address, port: port, seconds: seconds, byteLimit: byteLimit, isServed: isServed) {
                ready.yield(true)
            }
            ready.finish()
            return ended
        }
        let server = IPerfServer(program)
        for await _ in readiness { return server }
        program.cancel()
        let problem = await program.value.problem
        throw BenchError("iperf3 at \(address) port \(port): \(problem ?? "it did not come to listen")")
    }

    /// Ends it, if it does not end by itself for so long: after its transfer, it does, once it has said what there was.
    func stop(within patience: Duration) async -> Carried {
        let end = Task { [program] in
            try? await Task.sleep(for: patience)
            program.cancel()
        }
        defer { end.cancel() }
        return await program.value
    }

    private static func run(
        at address: IPAddress, port: Int, seconds: Int, byteLimit: UInt64,
        isServed: @Sendable (IPAddress) -> Bool, listens: @Sendable () -> Void
    ) async -> Carried {
        let seen = Lock(Carried())
        do {
            let arguments = ["-s", "-1", "-B", "\(address)", "-p", "\(port)", "--forceflush", "-i", "1"]
            _ = try await Subprocess.run(
                .name("timeout"),
                arguments: IPerfProgram.arguments(arguments, within: seconds + graceSeconds),
                environment: IPerfProgram.environment, platformOptions: IPerfProgram.platformOptions,
                input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                var isListening = false
                for try await text in execution.standardOutput.strings() {
                    let problem: String?
                    switch IPerfLine(text) {
                    case .listening:
                        isListening = true
                        listens()
                        problem = nil
                    case .accepted(let client):
                        problem =
                            IPAddress(client).map(isServed) == true
                            ? nil : "\(BenchText.quoted(client)), which is not served, has connected to iperf3"
                    case .carried(let bytes):
                        let isTooMuch = seen.withLock { seen in
                            seen.count += bytes
                            return seen.count > byteLimit
                        }
                        problem = isTooMuch ? "more than what is left of the server's limit, \(byteLimit) bytes" : nil
                    case .failed(let why):
                        // Once it listens, the client sees what fails.
                        problem = isListening ? nil : why
                    case nil:
                        problem = nil
                    }
                    guard let problem else { continue }
                    seen.withLock { $0.problem = $0.problem ?? problem }
                    await execution.teardown(using: IPerfProgram.platformOptions.teardownSequence)
                }
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            seen.withLock { $0.problem = "there is no program timeout in the PATH; install the package coreutils" }
        } catch {
            // Cancelled: that is how it is stopped.
            if !Task.isCancelled { seen.withLock { $0.problem = $0.problem ?? "\(error)" } }
        }
        return seen.withLock { $0 }
    }
}
