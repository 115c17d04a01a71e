import Logging
import SealaneLinux
import SealaneTunnel

/// The file that keeps the timestamps of peers' initiations (`InitiationHistory`), so that the agent still rejects
/// replays after a restart.
///
/// A thread of its own writes the whole file, so that a hanging disk delays nothing. During a write only the newest
/// data waits; a failed write is retried after a while. A crash leaves the old file: initiations of the last second
/// before it are forgotten, and a replay of one of them creates a session that nobody uses.
package final class TimestampStore: Sendable {
    private let path: String
    private let retryAfter: Duration
    private let logger: Logger
    private let work = Lock<Work>(Work())
    private let wake: EventFD
    private let done: EventFD

    private struct Work {
        var pending: [PublicKey: InitiationHistory]?
        var isClosed = false
        var thread: LinuxThread?
        var hasFailed = false
    }

    private static var byteLimit: Int { 1 << 25 }
    private static var head: String { "sealane timestamps 1" }

    /// - Parameter retryAfter: the time after which a failed write is retried.
    package init(
        inStateDirectory directory: String, retryAfter: Duration = .seconds(10), logger: Logger
    ) throws(SystemError) {
        path = directory + "/timestamps"
        self.retryAfter = retryAfter
        self.logger = logger
        wake = try EventFD()
        done = try EventFD()
    }

    /// The least time between two writes of so many keys.
    static func interval(keyCount: Int) -> Duration {
        max(.seconds(1), .milliseconds(1) * keyCount)
    }

    // MARK: The file

    /// Reads the file; empty without one. Unreadable parts are left out and logged, because the agent must start all
    /// the same.
    package func read() -> [PublicKey: InitiationHistory] {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let content = try AtomicFile.read(path, maximumByteCount: Self.byteLimit) else { return [:] }
            bytes = content
        } catch {
            logger.warning("timestamps not read: replays may be accepted", metadata: ["why": "\(error)"])
            return [:]
        }
        let (histories, badLine) = Self.decode(bytes)
        if let badLine {
            logger.warning(
                "timestamps not read completely: replays may be accepted",
                metadata: ["file": "\(path)", "line": "\(badLine)", "expected": "\(Self.head), then a key and times"])
        }
        return histories
    }

    static func encode(_ histories: [PublicKey: InitiationHistory]) -> [UInt8] {
        var text = head + "\n"
        for (key, history) in histories { text += "\(key) \(history)\n" }
        return Array(text.utf8)
    }

    /// `badLine` is the number of the first wrong line, counted from 1.
    static func decode(_ bytes: [UInt8]) -> (histories: [PublicKey: InitiationHistory], badLine: Int?) {
        var histories: [PublicKey: InitiationHistory] = [:]
        var badLine: Int?
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map(String.init) == head else { return ([:], 1) }
        for (number, line) in lines.enumerated().dropFirst() where !line.isEmpty {
            guard let space = line.firstIndex(of: " "), let key = PublicKey(String(line[..<space])),
                let history = InitiationHistory(String(line[line.index(after: space)...]))
            else {
                badLine = badLine ?? number + 1
                continue
            }
            histories[key] = history
        }
        return (histories, badLine)
    }

    // MARK: The thread

    /// Writes the timestamps soon. Returns at once.
    package func save(_ histories: [PublicKey: InitiationHistory]) {
        work.withLock { work in
            guard !work.isClosed else { return }
            work.pending = histories
            if work.thread == nil { work.thread = start() }
        }
        wake.signal()
    }

    /// Returns once everything is written, or after two seconds: a hanging disk must not delay the agent's end.
    package func close() {
        let isRunning = work.withLock { work in
            work.isClosed = true
            return work.thread != nil
        }
        guard isRunning else { return }
        wake.signal()
        do throws(SystemError) {
            var epoll = try Epoll(capacity: 1)
            try epoll.add(done.fileDescriptor, for: .readable, token: 0)
            if epoll.wait(timeoutNanoseconds: 2_000_000_000) > 0 { return }
        } catch {
            logger.warning("whether timestamps were written is unknown", metadata: ["why": "\(error)"])
            return
        }
        logger.warning("timestamps are not written, because the disk does not respond", metadata: ["file": "\(path)"])
    }

    private func start() -> LinuxThread? {
        do throws(SystemError) {
            return try LinuxThread.start(name: "sealane-times") { [self] in run() }
        } catch {
            logger.error("timestamps are not written", metadata: ["why": "\(error)"])
            return nil
        }
    }

    private func run() {
        defer { done.signal() }
        do throws(SystemError) {
            var epoll = try Epoll(capacity: 1)
            try epoll.add(wake.fileDescriptor, for: .readable, token: 0)
            var isRetryDue = false
            while true {
                _ = epoll.wait(timeoutNanoseconds: isRetryDue ? retryAfter.nanoseconds : nil)
                wake.drain()
                let (histories, isClosed) = work.withLock { work in
                    defer { work.pending = nil }
                    return (work.pending, work.isClosed)
                }
                if let histories { isRetryDue = !write(histories) }
                if isClosed { return }
            }
        } catch {
            logger.error("timestamps are not written", metadata: ["why": "\(error)"])
        }
    }

    /// Logs the first of several failures, and the next success.
    ///
    /// - Returns: false: it failed. The timestamps are pending again, unless newer ones are.
    private func write(_ histories: [PublicKey: InitiationHistory]) -> Bool {
        do throws(SystemError) {
            try AtomicFile.write(path, Self.encode(histories))
            if recordFailure(false) { logger.notice("timestamps are written again", metadata: ["file": "\(path)"]) }
            return true
        } catch {
            work.withLock { work in work.pending = work.pending ?? histories }
            if !recordFailure(true) {
                logger.warning(
                    "timestamps are not written: after a restart replays may be accepted",
                    metadata: ["why": "\(error)"])
            }
            return false
        }
    }

    /// Records the outcome of a write. Returns whether the previous one failed.
    private func recordFailure(_ hasFailed: Bool) -> Bool {
        work.withLock { work in
            defer { work.hasFailed = hasFailed }
            return work.hasFailed
        }
    }
}
