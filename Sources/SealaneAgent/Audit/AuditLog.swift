import Logging
import SealaneLinux
import Synchronization

/// The file that tells who asked what of the control API, and what the agent decided of its peers: JSON, one object a
/// line, by `AuditRecord`. It has no secrets and nothing of what packets hold.
///
/// A line that cannot be written is counted, and the first of several is told in the log; the agent goes on. A file
/// that was removed is made anew for the next line, which is told as well.
public final class AuditLog: Sendable {
    private struct State: ~Copyable {
        var file: AppendFile
        var lostLineCount: UInt64 = 0
        /// Since the last line that was written.
        var lostInARow: UInt64 = 0
        /// The file was removed and made anew since the last line that was written.
        var isAnew = false
    }

    private let path: String
    private let logger: Logger
    private let state: Mutex<State>

    /// Opens the file at `path`, or makes it with mode 0600.
    public init(path: String, logger: Logger) throws(SystemError) {
        self.path = path
        self.logger = logger
        state = Mutex(State(file: try AppendFile(path)))
    }

    /// How many lines could not be written, since the agent's start.
    public var lostLineCount: UInt64 { state.withLock { $0.lostLineCount } }

    /// Appends one line.
    public func record(_ record: AuditRecord) {
        let outcome = state.withLock { state in Self.append(record, to: &state) }
        switch outcome {
        case .written(let count, let isAnew):
            if isAnew { logger.warning("audit log was removed, it begins anew", metadata: ["path": "\(path)"]) }
            if count > 0 {
                logger.notice("audit log written again", metadata: ["path": "\(path)", "lines-lost": "\(count)"])
            }
        case .lost(let why, isFirst: true):
            logger.error("audit log not written, lines are lost", metadata: ["path": "\(path)", "why": "\(why)"])
        case .lost(_, isFirst: false): break
        }
    }

    private enum Outcome {
        case written(afterLosing: UInt64, isAnew: Bool)
        case lost(String, isFirst: Bool)
    }

    private static func append(_ record: AuditRecord, to state: inout State) -> Outcome {
        do {
            if try state.file.isRemoved {
                try state.file.reopen()
                state.isAnew = true
            }
            try state.file.append(try ReportSchema.encodeLine(record))
            defer { (state.lostInARow, state.isAnew) = (0, false) }
            return .written(afterLosing: state.lostInARow, isAnew: state.isAnew)
        } catch {
            state.lostLineCount += 1
            state.lostInARow += 1
            return .lost("\(error)", isFirst: state.lostInARow == 1)
        }
    }

    /// Goes on in the file that has the path now: the one before may have been moved away. Where that cannot be opened,
    /// lines go where they went.
    public func reopen() {
        do throws(SystemError) {
            try state.withLock { (state) throws(SystemError) in try state.file.reopen() }
        } catch {
            logger.error("audit log not reopened", metadata: ["why": "\(error)"])
        }
    }
}
