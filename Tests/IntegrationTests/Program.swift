import Foundation
import Glibc
import Synchronization

/// A program that a test started. Its output goes to a file, so that it never waits for a reader; it ends with the test.
final class Program: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    let pid: pid_t
    private let outputPath: String
    private let state = Mutex(State())
    // Kept because Foundation stops watching a process that nobody holds.
    private let process: Process

    init(_ arguments: [String], in directory: ScratchDirectory, environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Threads that run tests block signals, and a child would inherit that.
        process.arguments = ["--default-signal"] + arguments
        var variables = ProcessInfo.processInfo.environment
        variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables["LC_ALL"] = "C"
        process.environment = variables.merging(environment) { $1 }
        outputPath = directory.path("output-\(UUID().uuidString)")
        try directory.write("", toPath: outputPath)
        let output = try FileHandle(forWritingTo: URL(filePath: outputPath))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        let ended = Ended()
        process.terminationHandler = { process in
            ended.note(
                process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
        }
        try process.run()
        try output.close()
        pid = process.processIdentifier
        ended.tell { [weak self] status in self?.end(status) }
    }

    deinit {
        if isRunning { kill(pid, SIGKILL) }
    }

    private func end(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    var isRunning: Bool { state.withLock { $0.status == nil } }

    /// What it has written up to now, to either stream.
    var output: String {
        (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? ""
    }

    func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// Waits for its end. The exit status; negative: the signal that ended it.
    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status = state.withLock { state in
                if state.status == nil { state.waiting.append(continuation) }
                return state.status
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// The same, but kills it first if it takes longer than `limit`.
    func status(within limit: Duration) async -> Int32 {
        let guardian = Task { [weak self] in
            try await Task.sleep(for: limit)
            self?.send(SIGKILL)
        }
        defer { guardian.cancel() }
        return await status()
    }

    /// The resident memory, in bytes.
    var residentByteCount: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}

/// The end of a process, which may come before anybody has asked for it.
private final class Ended: Sendable {
    private struct State {
        var status: Int32?
        var listener: (@Sendable (Int32) -> Void)?
    }

    private let state = Mutex(State())

    func note(_ status: Int32) {
        let listener = state.withLock { state in
            state.status = status
            return state.listener
        }
        listener?(status)
    }

    func tell(_ listener: @escaping @Sendable (Int32) -> Void) {
        let status = state.withLock { state in
            state.listener = listener
            return state.status
        }
        if let status { listener(status) }
    }
}

/// A directory of its own for one test, removed with the value.
final class ScratchDirectory: Sendable {
    private let url: URL

    init() throws {
        // Short: a control socket's path may have 100 bytes.
        let name = UUID().uuidString.prefix(8)
        url = FileManager.default.temporaryDirectory.appending(path: "sealane-test-\(name)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(_ name: String) -> String { url.appending(path: name).path }

    @discardableResult
    func write(_ text: String, to name: String, mode: Int = 0o600) throws -> String {
        try write(text, toPath: path(name), mode: mode)
    }

    @discardableResult
    func write(_ text: String, toPath path: String, mode: Int = 0o600) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }
}

/// A finished program.
struct Outcome: CustomStringConvertible {
    let arguments: [String]
    let status: Int32
    let output: String

    var description: String { "\(arguments.joined(separator: " "))\nexit status \(status)\n\(output)" }
}

struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Asks every 20 ms until `condition` holds; fails after `limit`.
func eventually(
    within limit: Duration = .seconds(10), _ what: String, _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while clock.now < deadline {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(20))
    }
    throw Failure("not within \(limit): \(what)")
}
