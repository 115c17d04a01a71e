import Logging
import SealaneControl
import SealaneLinux

/// The file that records requests of the control API and the agent's decisions about peers. It has one JSON object per
/// line (`AuditRecord`), and holds neither secrets nor contents of packets.
///
/// A thread of its own writes the file, because a file system may hang: recording never waits for the disk. Lines that
/// cannot be written, or that exceed the buffer, are counted; the log reports the first of them and the end of the
/// problem. If the file was removed, the next line creates it again, and the log says so.
package final class AuditLog: Sendable {
    /// A line has about 200 bytes, and at most 32 kB.
    private static var limits: BackgroundWriter<Job>.Limits { .init(count: 16_384, byteCount: 8 << 20) }
    /// A write that takes longer counts as hanging.
    private static var patience: UInt64 { 5_000_000_000 }
    /// How long `recordFirst` waits.
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

    /// Opens the file at `path`, or creates it with mode 0600. Throws ETIMEDOUT if its file system does not respond
    /// within seconds.
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

    /// The lines that are missing from the file, since the agent's start.
    package var lostLineCount: UInt64 { writer.progress.lostCount + file.unwrittenCount }

    /// Appends one line. Does not wait for the write.
    package func record(_ record: AuditRecord) {
        post(record, then: nil)
    }

    /// Appends one line and waits for the write, so that no caller gets an answer before the record exists. Waits at
    /// most a second, and not at all while the file system hangs.
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
            logger.error("audit record cannot be encoded as JSON", metadata: ["why": "\(error)"])
            then?()
            return
        }
        let isTaken = writer.post(.line(line, then: then), byteCount: line.count)
        let progress = writer.progress
        if !isTaken {
            if file.beginHang(losing: true) {
                logger.error(
                    "audit log not written; lines are lost",
                    metadata: ["path": "\(path)", "why": "\(progress.waitingCount) lines wait for its file system"])
            }
            then?()
        } else if progress.nanosecondsBusy > Self.patience, file.beginHang(losing: false) {
            logger.error(
                "audit log not written: its file system does not respond; lines wait", metadata: ["path": "\(path)"])
        }
    }

    /// Opens the path again, because log rotation may have moved the file. If that fails, keeps writing to the old
    /// file.
    package func reopen() {
        if !writer.post(.reopen, byteCount: 0, isCounted: false) { file.reopenLater() }
    }

    /// Waits until every line is written, at most for `limit`. Returns whether they are.
    @discardableResult
    package func flush(within limit: Duration = .seconds(2)) -> Bool {
        writer.flush(within: limit)
    }

    /// Waits for the lines at the end of the agent, for a limited time, and logs how many are lost.
    func finish() {
        guard !flush() else { return }
        let progress = writer.progress
        logger.error(
            "audit log incomplete: its file system does not respond",
            metadata: ["path": "\(path)", "lines": "\(progress.waitingCount + (progress.nanosecondsBusy > 0 ? 1 : 0))"])
    }

    /// Resumes a continuation once, at the first call of `end`.
    private final class Waiting: Sendable {
        private let continuation: Lock<CheckedContinuation<Void, Never>?>

        init(_ continuation: CheckedContinuation<Void, Never>) {
            self.continuation = Lock(continuation)
        }

        func end() {
            continuation.withLock { $0.take() }?.resume()
        }
    }
}
