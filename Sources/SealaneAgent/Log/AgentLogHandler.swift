import Logging
import SealaneLinux

/// Writes lines in the format of swift-log's own handler, with quoted values (`LogText`):
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
