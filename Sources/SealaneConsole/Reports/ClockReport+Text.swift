import FoundationEssentials
import SealaneControl
import SealaneEligibility

extension ClockReport {
    /// For the column WHY of `peer list`.
    var summary: String {
        let span = TimeSpan.text(seconds: Int(abs(stated.timeIntervalSince(comparedWith))))
        let host = clockOf == .peer ? "its" : "our"
        return problem == .ahead ? "\(host) clock \(span) ahead" : "\(host) clock set back \(span)"
    }

    /// Whether it is recent enough for a list.
    func isNews(at now: Date) -> Bool { now.timeIntervalSince(at) < 600 }
}
