import Logging
import SealaneLinux
import SealaneTunnel

/// The file in which an agent remembers whose initiations are new (`InitiationHistory`), so that recordings from before a restart
/// are refused after it.
///
/// It is written whole, by a thread of its own: a disk that hangs holds nothing up. What comes meanwhile is written next, the
/// newest alone; what the disk did not take is tried again after a while. A crash leaves the file as it was; what was accepted
/// in the last second before it is forgotten, and whoever repeats an initiation of that second brings about a session that
/// nobody uses.
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

    /// - Parameter retryAfter: how long after a write that failed it is tried again.
    package init(
        inStateDirectory directory: String, retryAfter: Duration = .seconds(10), logger: Logger
    ) throws(SystemError) {
        path = directory + "/timestamps"
        self.retryAfter = retryAfter
        self.logger = logger
        wake = try EventFD()
        done = try EventFD()
    }

    /// How long apart two writes of so many keys are to be.
    static func interval(keyCount: Int) -> Duration {
        max(.seconds(1), .milliseconds(1) * keyCount)
    }

    // MARK: The file

    /// Empty if there is no file. What cannot be read is left out, and told in the log: the agent must come up all the same.
    package func read() -> [PublicKey: InitiationHistory] {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let content = try AtomicFile.read(path, maximumByteCount: Self.byteLimit) else { return [:] }
            bytes = content
        } catch {
            logger.warning("timestamps not read: recordings may be taken for new", metadata: ["why": "\(error)"])
            return [:]
        }
        let (histories, badLine) = Self.decode(bytes)
        if let badLine {
            logger.warning(
                "timestamps not read in whole: recordings may be taken for new",
                metadata: ["file": "\(path)", "line": "\(badLine)", "expected": "\(Self.head), then a key and times"])
        }
        return histories
    }

    static func encode(_ histories: [PublicKey: InitiationHistory]) -> [UInt8] {
        var text = head + "\n"
        for (key, history) in histories { text += "\(key) \(history)\n" }
        return Array(text.utf8)
    }

    /// The first line that is not as it should be is counted from 1.
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

    /// Has them written soon. Returns at once.
    package func save(_ histories: [PublicKey: InitiationHistory]) {
        work.withLock { work in
            guard !work.isClosed else { return }
            work.pending = histories
            if work.thread == nil { work.thread = start() }
        }
        wake.signal()
    }

    /// Returns once all is written, or after two seconds: whoever ends an agent does not wait for a disk that hangs.
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
            logger.warning("the end of the writing of timestamps was not seen", metadata: ["why": "\(error)"])
            return
        }
        logger.warning("timestamps are not written yet, and will not be", metadata: ["file": "\(path)"])
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

    /// One line for the first of several failures, and one for the end of them.
    ///
    /// - Returns: false if it failed: they are pending again, unless newer ones are.
    private func write(_ histories: [PublicKey: InitiationHistory]) -> Bool {
        do throws(SystemError) {
            try AtomicFile.write(path, Self.encode(histories))
            if noteFailure(false) { logger.notice("timestamps are written again", metadata: ["file": "\(path)"]) }
            return true
        } catch {
            work.withLock { work in work.pending = work.pending ?? histories }
            if !noteFailure(true) {
                logger.warning(
                    "timestamps are not written: after a restart recordings may be taken for new",
                    metadata: ["why": "\(error)"])
            }
            return false
        }
    }

    /// Whether the write before failed.
    private func noteFailure(_ hasFailed: Bool) -> Bool {
        work.withLock { work in
            defer { work.hasFailed = hasFailed }
            return work.hasFailed
        }
    }
}
