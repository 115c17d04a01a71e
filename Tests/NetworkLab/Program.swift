import Foundation
import Glibc
import Synchronization
import TestSupport

/// A program that was started. Its output goes to a file, so that it never waits for a reader; it is killed with the
/// value.
public final class Program: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    public let pid: pid_t
    private let outputPath: String
    private let state = Mutex(State())
    // Kept because Foundation stops watching a process that nobody holds.
    private let process: Process

    /// - Parameters:
    ///   - arguments: the program, looked for in the system's folders, and its arguments.
    ///   - directory: for the file with its output.
    public init(_ arguments: [String], in directory: ScratchDirectory, environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Threads that run tests block signals, and a child would inherit that.
        process.arguments = ["--default-signal"] + arguments
        var variables = ProcessInfo.processInfo.environment
        variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables["LC_ALL"] = "C"
        process.environment = variables.merging(environment) { $1 }
        outputPath = try directory.write("", to: "output-\(UUID().uuidString)")
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
        if isRunning { Self.end(pid) }
    }

    /// Kills a process and all that it has started: `timeout` and shells leave theirs behind when they are killed.
    private static func end(_ pid: pid_t) {
        // Nothing of it starts anything more while its children are looked for.
        kill(pid, SIGSTOP)
        let list = try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)
        for child in (list ?? "").split(separator: " ").compactMap({ pid_t($0) }) { end(child) }
        kill(pid, SIGKILL)
    }

    private func end(_ status: Int32) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    public var isRunning: Bool { state.withLock { $0.status == nil } }

    /// What it has written up to now, to either stream.
    public var output: String { String(decoding: rawOutput, as: UTF8.self) }

    /// The same, byte for byte.
    public var rawOutput: Data { FileManager.default.contents(atPath: outputPath) ?? Data() }

    /// SIGKILL ends what the program has started as well.
    public func send(_ signal: Int32) {
        guard isRunning else { return }
        if signal == SIGKILL { Self.end(pid) } else { kill(pid, signal) }
    }

    /// Waits for its end; kills it when the waiting task is cancelled. The exit status; negative: the signal that ended
    /// it.
    public func status() async -> Int32 {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let status = state.withLock { state in
                    if state.status == nil { state.waiting.append(continuation) }
                    return state.status
                }
                if let status { continuation.resume(returning: status) }
            }
        } onCancel: {
            send(SIGKILL)
        }
    }

    /// The same, but kills it first if it hangs.
    ///
    /// - Parameter limit: not less than `Patience.limit`, however little is given.
    public func status(within limit: Duration = Patience.limit) async -> Int32 {
        await status(killedAfter: max(limit, Patience.limit))
    }

    /// The same, but kills it if it has not ended by then.
    public func status(killedAfter limit: Duration) async -> Int32 {
        let guardian = Task { [weak self] in
            try await Task.sleep(for: limit)
            self?.send(SIGKILL)
        }
        defer { guardian.cancel() }
        return await status()
    }

    /// The resident memory, in bytes.
    public var residentByteCount: Int {
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

/// A finished program.
public struct Outcome: CustomStringConvertible, Sendable {
    public let arguments: [String]
    /// As of `Program.status()`.
    public let status: Int32
    public let output: String

    public init(arguments: [String], status: Int32, output: String) {
        self.arguments = arguments
        self.status = status
        self.output = output
    }

    public var description: String { "\(arguments.joined(separator: " "))\nexit status \(status)\n\(output)" }

    /// What the program wrote, if it ended well; otherwise the failure is thrown.
    public var success: String {
        get throws {
            guard status == 0 else { throw Failure("\(self)") }
            return output
        }
    }
}
