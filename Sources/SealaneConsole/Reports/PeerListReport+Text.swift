import SealaneControl
import SealaneEligibility

extension PeerListReport {
    /// `sealane peer list`.
    package func text(_ style: ReportStyle) -> String {
        guard !peers.isEmpty else { return "no peers: name them in the configuration, or with sealane peer add\n" }
        return table(style).text(style)
    }

    private func table(_ style: ReportStyle) -> ReportTable {
        var table = ReportTable(["NAME", "STATE", "VERDICT", "ENDPOINT", "ADDRESSES", "RECEIVED", "SENT", "WHY"])
        for peer in peers {
            table.add([
                .init(peer.name), .init(peer.state.rawValue, .init(for: peer.state)),
                .init(peer.verdict.verdict.rawValue, .init(for: peer.verdict.verdict)), .init(peer.endpoint),
                .init(peer.addresses.joined(separator: ",")), .init(ReportStyle.bytes(peer.traffic.receivedBytes)),
                .init(ReportStyle.bytes(peer.traffic.sentBytes)), .init(peer.why(style)),
            ])
        }
        return table
    }
}

extension PeerReport {
    /// The codes of all reasons; how long the peer has not answered; a problem of a clock; why a handshake was
    /// rejected.
    fileprivate func why(_ style: ReportStyle) -> String {
        let silence = unanswered.flatMap { $0.isWorthReporting(state) ? "no answer \($0.line(style))" : nil }
        let clock = clock.flatMap { $0.isNews(at: style.now) ? $0.summary : nil }
        let refused = refusedHandshakeToMend(at: style.now).map { "handshake not accepted: \($0.reason.rawValue)" }
        return [refusalCodes, silence ?? "", clock ?? "", refused ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// Each code once. A prefix says that the reasons are the peer's, if this host has none.
    private var refusalCodes: String {
        let codes = (verdict.reasons + (refusedByPeer ?? [])).map(\.code.rawValue)
        let distinct = codes.enumerated().filter { !codes[..<$0.offset].contains($0.element) }.map(\.element)
        let speaker = verdict.reasons.isEmpty && !distinct.isEmpty ? "says the peer: " : ""
        return speaker + distinct.joined(separator: ", ")
    }
}
