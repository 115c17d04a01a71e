import SealaneLinux
import SealanePacket
import Subprocess

/// One iperf3 server, for one transfer. The caller of `start` calls `stop`.
final class IPerfServer: Sendable {
    /// Additional time for the client to connect and for iperf3 to print its report.
    private static var graceSeconds: Int { 10 }

    private let program: Task<Carried, Never>

    struct Carried: Sendable {
        /// Added up from the lines of iperf3, exact to about one percent.
        var count: UInt64 = 0
        /// Why the server could not start or ended early; nil if it ended normally.
        var problem: String?
    }

    private init(_ program: Task<Carried, Never>) {
        self.program = program
    }

    /// Returns once the server listens.
    ///
    /// - Parameters:
    ///   - seconds: the length of the transfer. The server ends a little later.
    ///   - byteLimit: the server ends if the lines of iperf3, one each second, add up to more than this.
    ///   - isServed: whether a client may connect. The server ends if another client connects.
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
        throw BenchError("iperf3 at \(address) port \(port): \(problem ?? "it did not start to listen")")
    }

    /// Waits for the server to end by itself, which it does after its transfer, and ends it after `patience`.
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
                            ? nil : "iperf3 got a connection from \(BenchText.quoted(client)), which is not served"
                    case .carried(let bytes):
                        let isTooMuch = seen.withLock { seen in
                            seen.count += bytes
                            return seen.count > byteLimit
                        }
                        problem =
                            isTooMuch ? "the transfer exceeded the \(byteLimit) bytes left of the server's limit" : nil
                    case .failed(let why):
                        // Once the server listens, the client reports a failure itself.
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
            // Cancellation is the normal way to stop.
            if !Task.isCancelled { seen.withLock { $0.problem = $0.problem ?? "\(error)" } }
        }
        return seen.withLock { $0 }
    }
}
