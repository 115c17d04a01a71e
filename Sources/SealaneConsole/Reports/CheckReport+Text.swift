import SealaneControl
import SealaneEligibility

extension CheckReport {
    /// `sealane peer check`.
    package func text(_ style: ReportStyle) -> String {
        let asked = source.map { ", packets from \($0)" } ?? ""
        var text = "\(style.paint(peer, .strong))\(asked)  \(verdict.line(style))\n"
        if let refusedByPeer, !refusedByPeer.isEmpty {
            text += "  the peer's agent \(style.paint("refused", .bad)); there, this host is \"peer\":\n"
            text += refusedByPeer.text(style)
        }
        text += verdict.text(style, after: (refusedByPeer ?? []).isEmpty ? "" : text)
        var lines = ReportLines(style)
        let cause = refusedHandshake.flatMap { $0.isNews(nil, at: style.now) ? $0 : nil }
        lines.addUnanswered(unanswered, state, publicKey: nil, cause: cause, style)
        if unanswered != nil { lines.add("not accepted", cause.map { $0.text(style) }) }
        lines.add("to judge", verdict.advice(state))
        lines.add("this host", local.text)
        lines.add("the peer", remote.text)
        return text + lines.text + (rules ?? []).text(style) + path.text(style)
    }
}
