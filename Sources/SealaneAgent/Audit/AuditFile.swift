import Logging
import SealaneLinux
import Synchronization

/// The file of an audit log. Every call may block for ever, except those marked otherwise.
final class AuditFile: Sendable {
    private struct State: ~Copyable {
        var file: AppendFile?
        /// The file was created again since the last written line.
        var isRecreated = false
        /// The lost lines that the log has reported.
        var reportedLost: UInt64 = 0
        /// The log has reported that lines cannot be written.
        var isFailureLogged = false
    }

    /// What the log has reported about a file system that does not respond.
    private struct Hang {
        var isLogged = false
        var isLossLogged = false
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

    /// Why the first attempt to open the file failed.
    var openingError: SystemError? { error.withLock { $0 } }
    /// Lines that could not be written.
    var unwrittenCount: UInt64 { unwritten.load(ordering: .relaxed) }

    /// Makes the next line open the file again.
    func reopenLater() {
        isReopenDue.store(true, ordering: .relaxed)
    }

    /// Records that the file system does not respond. Returns whether to log it.
    func beginHang(losing: Bool) -> Bool {
        hang.withLock { hang in
            let isNews = losing ? !hang.isLossLogged : !hang.isLogged
            hang.isLogged = true
            if losing { hang.isLossLogged = true }
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

    /// - Parameter notTaken: lines that exceeded the buffer, since the start.
    func append(_ line: [UInt8], notTaken: UInt64) {
        if isReopenDue.exchange(false, ordering: .relaxed) { reopen() }
        do throws(SystemError) {
            try state.withLock { (state) throws(SystemError) in try write(line, notTaken, &state) }
        } catch {
            unwritten.add(1, ordering: .relaxed)
            let isFirst = state.withLock { state in
                defer { state.isFailureLogged = true }
                return !state.isFailureLogged
            }
            guard isFirst else { return }
            logger.error("audit log not written; lines are lost", metadata: ["path": "\(path)", "why": "\(error)"])
        }
    }

    private func write(_ line: [UInt8], _ notTaken: UInt64, _ state: inout State) throws(SystemError) {
        if try state.file?.isRemoved != false {
            state.file = try AppendFile(path)
            state.isRecreated = true
        }
        try state.file?.append(line)
        if state.isRecreated {
            logger.warning("audit log was removed and has been created again", metadata: ["path": "\(path)"])
        }
        let lost = unwrittenCount + notTaken
        let hung = hang.withLock { hang in
            defer { hang = Hang() }
            return hang
        }
        if lost > state.reportedLost || hung.isLogged {
            logger.notice(
                "audit log is written again",
                metadata: ["path": "\(path)", "lines-lost": "\(lost - state.reportedLost)"])
        }
        (state.reportedLost, state.isRecreated, state.isFailureLogged) = (lost, false, false)
    }
}

extension SystemError {
    /// The file system of `path` does not respond.
    static func unanswered(_ path: String) -> SystemError {
        SystemError.timedOut("open", path, advice: "its file system does not respond; expected one that does")
    }
}
