import SealaneControl
import SealaneEligibility

extension VerdictReport {
    /// `eligible`, `refused, 2 reasons`, or `unjudged, not received yet: the peer's handshake`.
    func line(_ style: ReportStyle) -> String {
        let word = style.paint(verdict.rawValue, .init(for: verdict))
        return switch verdict {
        case .eligible: word
        case .refused: "\(word), \(ReportStyle.count(reasons.count, "reason"))"
        case .unjudged: "\(word), not received yet: \((missing ?? []).map(\.description).joined(separator: ", "))"
        }
    }

    /// Every reason of this host.
    ///
    /// - Parameter theirs: the text on the peer's own refusal, which comes before; empty: none.
    func text(_ style: ReportStyle, after theirs: String) -> String {
        guard !reasons.isEmpty else { return "" }
        let heading = "  this host \(style.paint("refuses", .bad)) the peer, for "
        return (theirs.isEmpty ? "" : heading + "\(ReportStyle.count(reasons.count, "reason")):\n")
            + reasons.text(style)
    }

    /// How to have a peer judged; nil: the agent is about to do so.
    func advice(_ state: PeerReport.State?) -> String? {
        guard verdict == .unjudged, state == .idle else { return nil }
        return "send it a packet, for example a ping: that begins a handshake"
    }
}
