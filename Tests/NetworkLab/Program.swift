import Foundation
import Glibc
import Synchronization
import TestSupport

/// A running program. Its output goes to a file, so it never waits for a reader. The deinitializer kills it.
package final class Program: Sendable {
    private struct State {
        var status: Int32?
        var waiting: [CheckedContinuation<Int32, Never>] = []
    }

    package let pid: pid_t
    private let outputPath: String
    private let state = Mutex(State())
    // Foundation stops watching a process that nobody retains.
    private let process: Process

    /// - Parameters:
    ///   - arguments: the program, found in the system's folders, and its arguments.
    ///   - directory: holds the file with the output.
    package init(_ arguments: [String], in directory: ScratchDirectory, environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Test threads block signals, and a child would inherit that.
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
            ended.record(
                process.terminationReason == .uncaughtSignal ? -process.terminationStatus : process.terminationStatus)
        }
        try process.run()
        try output.close()
        pid = process.processIdentifier
        ended.notify { [weak self] status in self?.end(status) }
    }

    deinit {
        if isRunning { Self.end(pid) }
    }

    /// Kills a process and its descendants: `timeout` and shells leave theirs behind if they are killed.
    private static func end(_ pid: pid_t) {
        // Stop the process, so that it starts no further children meanwhile.
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

    package var isRunning: Bool { state.withLock { $0.status == nil } }

    /// The output so far, of both streams.
    package var output: String { String(decoding: rawOutput, as: UTF8.self) }

    /// The output so far, as bytes.
    package var rawOutput: Data { FileManager.default.contents(atPath: outputPath) ?? Data() }

    /// SIGKILL also ends the descendants of the program.
    package func send(_ signal: Int32) {
        guard isRunning else { return }
        if signal == SIGKILL { Self.end(pid) } else { kill(pid, signal) }
    }

    /// Waits for the end of the program. If the waiting task is cancelled, kills the program. Returns the exit status;
    /// a negative value is the signal that ended the program.
    package func status() async -> Int32 {
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

    /// Waits like `status()`, but kills a program that hangs.
    ///
    /// - Parameter limit: raised to `Patience.limit` if it is less.
    package func status(within limit: Duration = Patience.limit) async -> Int32 {
        await status(killedAfter: max(limit, Patience.limit))
    }

    /// Waits like `status()`, but kills the program after `limit`.
    package func status(killedAfter limit: Duration) async -> Int32 {
        let guardian = Task { [weak self] in
            try await Task.sleep(for: limit)
            self?.send(SIGKILL)
        }
        defer { guardian.cancel() }
        return await status()
    }

    /// The resident memory, in bytes.
    package var residentByteCount: Int {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}

/// The end of a process. It may come before a listener is set.
private final class Ended: Sendable {
    private struct State {
        var status: Int32?
        var listener: (@Sendable (Int32) -> Void)?
    }

    private let state = Mutex(State())

    func record(_ status: Int32) {
        let listener = state.withLock { state in
            state.status = status
            return state.listener
        }
        listener?(status)
    }

    func notify(_ listener: @escaping @Sendable (Int32) -> Void) {
        let status = state.withLock { state in
            state.listener = listener
            return state.status
        }
        if let status { listener(status) }
    }
}

/// A finished program.
package struct Outcome: CustomStringConvertible, Sendable {
    package let arguments: [String]
    /// As returned by `Program.status()`.
    package let status: Int32
    package let output: String

    package init(arguments: [String], status: Int32, output: String) {
        self.arguments = arguments
        self.status = status
        self.output = output
    }

    package var description: String { "\(arguments.joined(separator: " "))\nexit status \(status)\n\(output)" }

    /// The output of a successful program. Throws if the program failed.
    package var success: String {
        get throws {
            guard status == 0 else { throw Failure("\(self)") }
            return output
        }
    }
}
