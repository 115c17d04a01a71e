import Logging
import Synchronization

/// Keeps what is logged.
package struct RecordingLogHandler: LogHandler {
    package final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        package init() {}

        package var all: [String] { lines.withLock { $0 } }

        package func append(_ line: String) {
            lines.withLock { $0.append(line) }
        }
    }

    let lines: Lines
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.trace

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        lines.append("\(event.level) \(event.message) \(values.joined(separator: " "))")
    }

    package static func logger(_ lines: Lines) -> Logger {
        Logger(label: "test") { _ in RecordingLogHandler(lines: lines) }
    }
}
