import FoundationEssentials
import Logging
import SealaneControl
import SealaneTunnel

/// Timestamps of initiations: their storage, and objections to them.
extension ControlLoop {
    /// When the next save of the timestamps is due; nil: nothing has changed.
    var saveDeadline: MonotonicTime? {
        timestamps == nil || savedVersion == tunnel.historiesVersion ? nil : nextSave
    }

    /// Saves the timestamps, if they have changed and the last save is long enough ago.
    mutating func saveTimestamps(_ now: MonotonicTime, atOnce: Bool = false) {
        guard let timestamps, savedVersion != tunnel.historiesVersion, atOnce || now >= nextSave else { return }
        savedVersion = tunnel.historiesVersion
        nextSave = now + TimestampStore.interval(keyCount: tunnel.histories.count)
        timestamps.save(tunnel.histories)
    }

    mutating func log(_ objection: ClockObjection, of id: PeerID) {
        let report = ClockReport(objection, at: Date())
        log(
            .warning, "a handshake was not accepted for its time", of: id,
            [
                "clock": "\(report.sentence)", "stated": "\(report.stated.formatted(.iso8601))",
                "compared-with": "\(report.comparedWith.formatted(.iso8601))",
                "remedy": "\(ClockReport.remedy)",
            ])
    }
}
