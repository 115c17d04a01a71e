import FoundationEssentials
import Logging
import SealaneControl
import SealaneTunnel

/// What is remembered of peers' initiations, and what their times tell of clocks.
extension Conductor {
    /// When timestamps are next to be saved; nil: nothing is new.
    var saveDeadline: MonotonicTime? {
        timestamps == nil || savedVersion == tunnel.historiesVersion ? nil : nextSave
    }

    /// Has the greatest timestamps written, if there are new ones and the last write is some while ago.
    mutating func saveTimestamps(_ now: MonotonicTime, atOnce: Bool = false) {
        guard let timestamps, savedVersion != tunnel.historiesVersion, atOnce || now >= nextSave else { return }
        savedVersion = tunnel.historiesVersion
        nextSave = now + TimestampStore.interval(keyCount: tunnel.histories.count)
        timestamps.save(tunnel.histories)
    }

    mutating func log(_ objection: ClockObjection, of id: PeerID) {
        let report = ClockReport(objection, at: Date())
        tell(
            .warning, "a handshake was not accepted for its time", of: id,
            [
                "clock": "\(report.sentence)", "stated": "\(report.stated.formatted(.iso8601))",
                "compared-with": "\(report.comparedWith.formatted(.iso8601))",
                "remedy": "\(ClockReport.remedy)",
            ])
    }
}
