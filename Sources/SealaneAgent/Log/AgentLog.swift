import Logging
import SealaneLinux

/// The agent's log on standard error. Nobody who logs waits: a thread of its own writes the lines. While nobody reads them,
/// those that do not fit any more are counted; that is told once lines are read again.
package final class AgentLog: Sendable {
    /// Some minutes of a busy log.
    private static var limits: BackgroundWriter<[UInt8]>.Limits { .init(count: 8192, byteCount: 4 << 20) }
    /// How often losses are told that do not end.
    private static var noticeInterval: UInt64 { 60_000_000_000 }

    private struct Losses {
        /// Lines that could not be written: standard error is closed.
        var unwritten: UInt64 = 0
        var told: UInt64 = 0
        var toldAt: UInt64 = 0

        /// How many lines were lost since that was last told, if it is time to tell.
        mutating func due(_ progress: BackgroundWriter<[UInt8]>.Progress) -> UInt64? {
            let lost = unwritten + progress.lostCount
            guard lost > told else { return nil }
            let now = MonotonicClock.now()
            guard progress.waitingCount < AgentLog.limits.count / 2 || now &- toldAt > AgentLog.noticeInterval else {
                return nil
            }
            defer { (told, toldAt) = (lost, now) }
            return lost - told
        }
    }

    private let writer: BackgroundWriter<[UInt8]>
    private let losses: Lock<Losses>

    /// - Parameter write: writes a line with its newline, and may take for ever. False: it could not.
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

    /// Lines that nobody will read, since the start.
    package var lostLineCount: UInt64 { losses.withLock { $0.unwritten } + writer.progress.lostCount }

    /// For swift-log.
    package func handler(label: String) -> any LogHandler {
        AgentLogHandler(log: self, label: label)
    }

    /// One line of text for people, without a time: what ends the program, for example.
    package func tell(_ text: String) {
        append(Array((LogText.message(text) + "\n").utf8))
    }

    func append(_ line: [UInt8]) {
        writer.post(line, byteCount: line.count)
    }

    /// Waits until every line is written, or for so long.
    @discardableResult
    package func flush(within limit: Duration = .seconds(1)) -> Bool {
        writer.flush(within: limit)
    }
}

/// Writes lines as swift-log's own handler does, with values quoted (`LogText`):
/// `2026-01-02T03:04:05+0000 warning sealaned: peer=b reason=vpc-not-shared [SealaneAgent] refused`.
struct AgentLogHandler: LogHandler {
    let log: AgentLog
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    init(log: AgentLog, label: String) {
        self.log = log
        self.label = label
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
        if let own = event.metadata { fields.merge(own) { $1 } }
        if let error = event.error { fields["error"] = "\(error)" }
        log.append(Self.line(event.level, label: label, fields, source: event.source, event.message.description))
    }

    static func line(
        _ level: Logger.Level, label: String, _ fields: Logger.Metadata, source: String, _ message: String
    ) -> [UInt8] {
        let place = fields.isEmpty ? "\(label):" : "\(label): \(LogText.fields(fields))"
        return Array("\(WallClock.timestamp) \(level) \(place) [\(source)] \(LogText.message(message))\n".utf8)
    }
}
