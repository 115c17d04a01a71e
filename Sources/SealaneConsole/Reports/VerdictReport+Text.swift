import SealaneControl
import SealaneEligibility

extension VerdictReport {
    /// `eligible`, `refused, 2 reasons`, or `unjudged, not heard yet: the peer's handshake`.
    func line(_ style: ReportStyle) -> String {
        let word = style.paint(verdict.rawValue, .init(for: verdict))
        return switch verdict {
        case .eligible: word
        case .refused: "\(word), \(ReportStyle.count(reasons.count, "reason"))"
        case .unjudged: "\(word), not heard yet: \((missing ?? []).map(\.description).joined(separator: ", "))"
        }
    }

    /// Every reason of this host.
    ///
    /// - Parameter theirs: what the peer's agent says, which stands before; empty: nothing.
    func text(_ style: ReportStyle, after theirs: String) -> String {
        guard !reasons.isEmpty else { return "" }
        let heading = "  this host \(style.paint("refuses", .bad)) the peer, for "
        return (theirs.isEmpty ? "" : heading + "\(ReportStyle.count(reasons.count, "reason")):\n")
            + reasons.text(style)
    }

    /// How a peer that was never heard comes to be judged; nil where the agent sees to it already.
    func advice(_ state: PeerReport.State?) -> String? {
        guard verdict == .unjudged, state == .idle else { return nil }
        return "send it a packet, for example a ping: that begins a handshake"
    }
}
