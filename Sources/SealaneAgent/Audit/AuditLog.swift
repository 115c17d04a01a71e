import Logging
import SealaneControl
import SealaneLinux
import Synchronization

/// The file that tells who asked what of the control API, and what the agent decided of its peers: JSON, one object a
/// line, by `AuditRecord`. It has no secrets and nothing of what packets hold.
///
/// A thread of its own writes it, since a file system may hang: nobody who records something waits for the disk. A line
/// that cannot be written, or for which too many wait already, is counted; the first of several is told in the log, and so
/// is the end of it. A file that was removed is made anew for the next line, which is told as well.
package final class AuditLog: Sendable {
    /// Lines have some 200 bytes, and at most 32 kB.
    private static var limits: BackgroundWriter<Job>.Limits { .init(count: 16_384, byteCount: 8 << 20) }
    /// A write that takes longer is said to hang.
    private static var patience: UInt64 { 5_000_000_000 }
    /// How long somebody waits who wants a line to be in the file first.
    private static var writeLimit: Duration { .seconds(1) }

    private enum Job: Sendable {
        case open
        case reopen
        case line([UInt8], then: (@Sendable () -> Void)?)
    }

    private let path: String
    private let logger: Logger
    private let writer: BackgroundWriter<Job>
    private let file: AuditFile

    /// Opens the file at `path`, or makes it with mode 0600. Throws ETIMEDOUT if its file system does not answer within
    /// some seconds.
    package init(path: String, logger: Logger) throws(SystemError) {
        self.path = path
        self.logger = logger
        let file = AuditFile(path: path, logger: logger)
        self.file = file
        writer = try BackgroundWriter(name: "sealane-audit", limits: Self.limits) { job, progress in
            switch job {
            case .open: file.open()
            case .reopen: file.reopen()
            case .line(let line, let then):
                file.append(line, notTaken: progress.lostCount)
                then?()
            }
        }
        writer.post(.open, byteCount: 0)
        guard writer.flush(within: .seconds(10)) else { throw SystemError.unanswered(path) }
        if let error = file.openingError { throw error }
    }

    /// How many lines the file should have and has not, since the agent's start.
    package var lostLineCount: UInt64 { writer.progress.lostCount + file.unwrittenCount }

    /// Has one line appended. Does not wait for that.
    package func record(_ record: AuditRecord) {
        post(record, then: nil)
    }

    /// Has one line appended, and returns once it is: for who must not be answered before it is known what was done. Waits
    /// for a second at most, and not at all while the file system hangs.
    package func recordFirst(_ record: AuditRecord) async {
        let progress = writer.progress
        guard progress.nanosecondsBusy < Self.patience else { return post(record, then: nil) }
        await withCheckedContinuation { continuation in
            let waiting = Waiting(continuation)
            post(record) { waiting.end() }
            Task {
                try? await Task.sleep(for: Self.writeLimit)
                waiting.end()
            }
        }
    }

    private func post(_ record: AuditRecord, then: (@Sendable () -> Void)?) {
        let line: [UInt8]
        do {
            line = try ReportSchema.encodeLine(record)
        } catch {
            logger.error("audit record cannot be written as JSON", metadata: ["why": "\(error)"])
            then?()
            return
        }
        let isTaken = writer.post(.line(line, then: then), byteCount: line.count)
        let progress = writer.progress
        if !isTaken {
            if file.beginHang(losing: true) {
                logger.error(
                    "audit log not written, lines are lost",
                    metadata: ["path": "\(path)", "why": "\(progress.waitingCount) lines wait for its file system"])
            }
            then?()
        } else if progress.nanosecondsBusy > Self.patience, file.beginHang(losing: false) {
            logger.error(
                "audit log not written, its file system does not answer; lines wait", metadata: ["path": "\(path)"])
        }
    }

    /// Goes on in the file that has the path now: the one before may have been moved away. Where that cannot be opened,
    /// lines go where they went.
    package func reopen() {
        if !writer.post(.reopen, byteCount: 0, isCounted: false) { file.reopenLater() }
    }

    /// Waits until every line is written, or for so long. Whether they are.
    @discardableResult
    package func flush(within limit: Duration = .seconds(2)) -> Bool {
        writer.flush(within: limit)
    }

    /// For the end of the agent: waits for the lines, but not for ever, and tells in the log how many nobody will find.
    func finish() {
        guard !flush() else { return }
        let progress = writer.progress
        logger.error(
            "audit log not written to its end, its file system does not answer",
            metadata: ["path": "\(path)", "lines": "\(progress.waitingCount + (progress.nanosecondsBusy > 0 ? 1 : 0))"])
    }

    /// Goes on once, whoever ends it first.
    private final class Waiting: Sendable {
        private let continuation: Mutex<CheckedContinuation<Void, Never>?>

        init(_ continuation: CheckedContinuation<Void, Never>) {
            self.continuation = Mutex(continuation)
        }

        func end() {
            continuation.withLock { $0.take() }?.resume()
        }
    }
}
