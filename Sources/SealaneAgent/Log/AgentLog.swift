import Logging
import SealaneLinux

/// The agent's log on standard error. Logging never waits: a thread of its own writes the lines. If nobody reads them,
/// lines that do not fit into the buffer are lost and counted; the log reports the count once it is read again.
package final class AgentLog: Sendable {
    /// Enough for some minutes of a busy log.
    private static var limits: BackgroundWriter<[UInt8]>.Limits { .init(count: 8192, byteCount: 4 << 20) }
    /// The shortest time between reports of continuing losses.
    private static var noticeInterval: UInt64 { 60_000_000_000 }

    private struct Losses {
        /// Lines that could not be written because standard error is closed.
        var unwritten: UInt64 = 0
        /// Losses that the log has reported.
        var reported: UInt64 = 0
        var reportedAt: UInt64 = 0

        /// The lines lost since the last report, if a report is due.
        mutating func due(_ progress: BackgroundWriter<[UInt8]>.Progress) -> UInt64? {
            let lost = unwritten + progress.lostCount
            guard lost > reported else { return nil }
            let now = MonotonicClock.now()
            guard progress.waitingCount < AgentLog.limits.count / 2 || now &- reportedAt > AgentLog.noticeInterval
            else {
                return nil
            }
            defer { (reported, reportedAt) = (lost, now) }
            return lost - reported
        }
    }

    private let writer: BackgroundWriter<[UInt8]>
    private let losses: Lock<Losses>

    /// - Parameter write: writes a line that ends with a newline; may block for ever. Returns false if it could not.
    package init(
        write: @escaping @Sendable ([UInt8]) -> Bool = { StandardError.write($0) }
    ) throws(SystemError) {
        let losses = Lock(Losses())
        self.losses = losses
        writer = try BackgroundWriter(name: "sealane-log", limits: Self.limits) { line, progress in
            guard write(line) else { return losses.withLock { $0.unwritten += 1 } }
            guard let count = losses.withLock({ $0.due(progress) }) else { return }
            let notice = AgentLogHandler.line(
                .warning, label: "sealaned", ["lines": "\(count)"], source: "SealaneAgent",
                "log lines were lost: nobody read them in time")
            _ = write(notice)
        }
    }

    /// Lines lost since the start.
    package var lostLineCount: UInt64 { losses.withLock { $0.unwritten } + writer.progress.lostCount }

    /// A log handler for swift-log.
    package func handler(label: String) -> any LogHandler {
        AgentLogHandler(log: self, label: label)
    }

    /// Writes one line for people, without a time. It may say why the program ends, for example.
    package func write(_ text: String) {
        append(Array((LogText.message(text) + "\n").utf8))
    }

    func append(_ line: [UInt8]) {
        writer.post(line, byteCount: line.count)
    }

    /// Waits until every line is written, at most for `limit`.
    @discardableResult
    package func flush(within limit: Duration = .seconds(1)) -> Bool {
        writer.flush(within: limit)
    }
}
