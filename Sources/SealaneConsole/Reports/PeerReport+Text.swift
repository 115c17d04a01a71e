import SealaneControl
import SealaneEligibility

extension PeerReport {
    /// `sealane peer show`.
    package func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("endpoint", endpoint)
        lines.add("addresses", addresses.joined(separator: ", "))
        lines.add("public key", publicKey)
        lines.add("pre-shared key", presharedKey ? "yes" : nil)
        lines.add("named by", origin == .config ? "the configuration" : "hand (sealane peer add)")
        lines.add("instance", instance.text)
        lines.add("certificate", certificate?.summary)
        lines.add("session", session.map { sessionText($0) })
        lines.add("lanes", session.flatMap { LaneProblem(of: $0.lanes)?.text(style) })
        lines.add("last handshake", lastHandshakeAt.map { style.ago($0) } ?? "never")
        let cause = refusedHandshakeToMend(at: style.now)
        lines.addUnanswered(unanswered, state, publicKey: publicKey, cause: cause, style)
        lines.add("MTU", mtu.map { "\($0)" })
        lines.add("received", Self.amount(traffic.receivedBytes, traffic.receivedPackets))
        lines.add("sent", Self.amount(traffic.sentBytes, traffic.sentPackets))
        lines.add("dropped", StatusReport.drops(counters))
        lines.add("clock", clock.map { "\($0.sentence) (\(style.ago($0.at)))" })
        lines.add("not accepted", refusedHandshake.flatMap { $0.isShown ? $0.text(style) : nil })
        lines.add("verdict", verdict.line(style))
        lines.add("to judge", verdict.advice(state))
        let theirs = (refusedByPeer ?? []).isEmpty ? "" : refusalText(style)
        return "\(style.paint(name, .strong))  \(style.paint(state.rawValue, .init(for: state)))\n"
            + lines.text + theirs + verdict.text(style, after: theirs) + (rules ?? []).text(style) + path.text(style)
    }

    private func refusalText(_ style: ReportStyle) -> String {
        let reasons = refusedByPeer ?? []
        return "  the peer's agent \(style.paint("refused", .bad)), for "
            + "\(ReportStyle.count(reasons.count, "reason")); there, this host is \"peer\":\n" + reasons.text(style)
    }

    private func sessionText(_ session: Session) -> String {
        let rekeys = session.rekeys == 0 ? "" : ", rekeyed \(ReportStyle.count(Int(clamping: session.rekeys), "time"))"
        return "\(session.suite), \(ReportStyle.count(session.laneCount, "lane")), "
            + "\(TimeSpan.text(seconds: session.ageSeconds)) old, begun by \(session.initiator ? "us" : "the peer")"
            + rekeys
    }

    static func amount(_ bytes: UInt64, _ packets: UInt64) -> String {
        "\(ReportStyle.bytes(bytes)) in \(ReportStyle.count(Int(clamping: packets), "packet"))"
    }
}
