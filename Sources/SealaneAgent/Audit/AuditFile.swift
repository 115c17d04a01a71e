import Logging
import SealaneLinux
import Synchronization

/// The file of an audit log, as its thread sees it: every call but those that say otherwise may block for ever.
final class AuditFile: Sendable {
    private struct State: ~Copyable {
        var file: AppendFile?
        /// The file was removed and made anew since the last line that was written.
        var isAnew = false
        /// Of those lost, how many the log has told.
        var toldLost: UInt64 = 0
        /// The log has told that lines cannot be written.
        var isFailureTold = false
    }

    /// What the log has told of a file system that does not answer.
    private struct Hang {
        var isTold = false
        var isLossTold = false
    }

    private let path: String
    private let logger: Logger
    private let state = Lock(State())
    private let error = Lock<SystemError?>(nil)
    private let hang = Lock(Hang())
    private let unwritten = Atomic<UInt64>(0)
    private let isReopenDue = Atomic(false)

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    // MARK: From any thread; does not block

    /// Why it could not be opened at first.
    var openingError: SystemError? { error.withLock { $0 } }
    /// Lines that could not be written.
    var unwrittenCount: UInt64 { unwritten.load(ordering: .relaxed) }

    /// Has it opened anew before the next line.
    func reopenLater() {
        isReopenDue.store(true, ordering: .relaxed)
    }

    /// Notes that the file system does not answer. Whether that is news.
    func beginHang(losing: Bool) -> Bool {
        hang.withLock { hang in
            let isNews = losing ? !hang.isLossTold : !hang.isTold
            hang.isTold = true
            if losing { hang.isLossTold = true }
            return isNews
        }
    }

    // MARK: On the thread

    func open() {
        do throws(SystemError) {
            try state.withLock { (state) throws(SystemError) in state.file = try AppendFile(path) }
        } catch {
            let failure = error
            self.error.withLock { $0 = failure }
        }
    }

    func reopen() {
        do throws(SystemError) {
            try state.withLock { (state) throws(SystemError) in state.file = try AppendFile(path) }
        } catch {
            logger.error("audit log not reopened", metadata: ["why": "\(error)"])
        }
    }

    /// - Parameter notTaken: lines, since the start, that found no room to wait in.
    func append(_ line: [UInt8], notTaken: UInt64) {
        if isReopenDue.exchange(false, ordering: .relaxed) { reopen() }
        do throws(SystemError) {
            try state.withLock { (state) throws(SystemError) in try write(line, notTaken, &state) }
        } catch {
            unwritten.add(1, ordering: .relaxed)
            let isFirst = state.withLock { state in
                defer { state.isFailureTold = true }
                return !state.isFailureTold
            }
            guard isFirst else { return }
            logger.error("audit log not written, lines are lost", metadata: ["path": "\(path)", "why": "\(error)"])
        }
    }

    private func write(_ line: [UInt8], _ notTaken: UInt64, _ state: inout State) throws(SystemError) {
        if try state.file?.isRemoved != false {
            state.file = try AppendFile(path)
            state.isAnew = true
        }
        try state.file?.append(line)
        if state.isAnew { logger.warning("audit log was removed, it begins anew", metadata: ["path": "\(path)"]) }
        let lost = unwrittenCount + notTaken
        let hung = hang.withLock { hang in
            defer { hang = Hang() }
            return hang
        }
        if lost > state.toldLost || hung.isTold {
            logger.notice(
                "audit log written again",
                metadata: ["path": "\(path)", "lines-lost": "\(lost - state.toldLost)"])
        }
        (state.toldLost, state.isAnew, state.isFailureTold) = (lost, false, false)
    }
}

extension SystemError {
    /// The file system of `path` hangs.
    static func unanswered(_ path: String) -> SystemError {
        SystemError.timedOut("open", path, advice: "its file system does not answer; expected one that does")
    }
}
