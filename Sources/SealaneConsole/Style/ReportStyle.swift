import FoundationEssentials
import SealaneControl
import SealaneEligibility

/// How reports are written for people: with or without colour, and relative to which time.
package struct ReportStyle: Sendable {
    package var isColoured: Bool
    package var now: Date

    package init(isColoured: Bool, now: Date) {
        self.isColoured = isColoured
        self.now = now
    }

    /// Terminal colours by meaning (ECMA-48 SGR parameters).
    enum Ink: String {
        case good = "32"
        case bad = "31"
        case warning = "33"
        case faint = "2"
        case strong = "1"

        init(for state: PeerReport.State) {
            self =
                switch state {
                case .established: .good
                case .refused, .unreachable: .bad
                case .connecting: .warning
                case .idle: .faint
                }
        }

        init(for verdict: Verdict.Outcome) {
            self =
                switch verdict {
                case .eligible: .good
                case .refused: .bad
                case .unjudged: .warning
                }
        }
    }

    func paint(_ text: String, _ ink: Ink) -> String {
        isColoured ? "\u{1b}[\(ink.rawValue)m\(text)\u{1b}[0m" : text
    }

    /// `just now`, `12 s ago`, `3 d 4 h ago`.
    func ago(_ moment: Date) -> String {
        let seconds = Int(now.timeIntervalSince(moment))
        return seconds < 1 ? "just now" : "\(TimeSpan.text(seconds: seconds)) ago"
    }

    /// `2026-11-21T14:59:00Z to 2026-11-22T15:00:00Z, for 3 h 2 min more`, or `not yet`, or `expired 3 s ago` after the
    /// times.
    func validity(from begin: Date, until end: Date) -> String {
        let remark =
            if now < begin {
                paint("not yet", .bad)
            } else if now > end {
                paint("expired \(ago(end))", .bad)
            } else {
                "for \(TimeSpan.text(seconds: Int(end.timeIntervalSince(now)))) more"
            }
        return "\(begin.formatted(.iso8601)) to \(end.formatted(.iso8601)), \(remark)"
    }

    /// `0 B`, `999 B`, `1.2 KiB`, `340 MiB`.
    static func bytes(_ count: UInt64) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where value >= 1023.5 {
            value /= 1024
            unit = next
        }
        guard value < 9.95 else { return "\(Int(value.rounded())) \(unit)" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }

    static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
    }
}
