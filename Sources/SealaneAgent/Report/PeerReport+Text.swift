import SealaneEligibility

extension PeerReport {
    /// `sealane peer show`.
    public func text(_ style: ReportStyle) -> String {
        var lines = ReportLines(style)
        lines.add("endpoint", endpoint)
        lines.add("addresses", addresses.joined(separator: ", "))
        lines.add("public key", publicKey)
        lines.add("pre-shared key", presharedKey ? "yes" : nil)
        lines.add("named by", origin == .config ? "the configuration" : "hand (sealane peer add)")
        lines.add("instance", instance.text)
        lines.add("certificate", certificate?.summary)
        lines.add("session", session.map { sessionText($0) })
        lines.add("lanes", session.flatMap { LaneTrouble(of: $0.lanes)?.text(style) })
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
            + "\(ReportStyle.span(seconds: session.ageSeconds)) old, begun by \(session.initiator ? "us" : "the peer")"
            + rekeys
    }

    static func amount(_ bytes: UInt64, _ packets: UInt64) -> String {
        "\(ReportStyle.bytes(bytes)) in \(ReportStyle.count(Int(clamping: packets), "packet"))"
    }
}

extension PeerListReport {
    /// `sealane peer list`.
    public func text(_ style: ReportStyle) -> String {
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
    /// The codes of all reasons; of a peer that does not answer, since when; what its clock has to do with it; why a handshake
    /// was not accepted.
    fileprivate func why(_ style: ReportStyle) -> String {
        let silence = unanswered.flatMap { $0.isWorthTelling(state) ? "no answer \($0.line(style))" : nil }
        let clock = clock.flatMap { $0.isNews(at: style.now) ? $0.summary : nil }
        let refused = refusedHandshakeToMend(at: style.now).map { "handshake not accepted: \($0.reason.rawValue)" }
        return [refusalCodes, silence ?? "", clock ?? "", refused ?? ""].filter { !$0.isEmpty }.joined(separator: "; ")
    }

    /// Each once; said to be the peer's where this host sees none.
    private var refusalCodes: String {
        let codes = (verdict.reasons + (refusedByPeer ?? [])).map(\.code.rawValue)
        let distinct = codes.enumerated().filter { !codes[..<$0.offset].contains($0.element) }.map(\.element)
        let speaker = verdict.reasons.isEmpty && !distinct.isEmpty ? "says the peer: " : ""
        return speaker + distinct.joined(separator: ", ")
    }
}

extension CheckReport {
    /// `sealane peer check`.
    public func text(_ style: ReportStyle) -> String {
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

extension InstanceReport {
    /// `m5n.xlarge in us-east-1, vpc-0a, ... (stated by operator)`: values by the word that says how they are known.
    var text: String {
        guard !known.isEmpty else { return "nothing is known of it" }
        var groups: [(source: Provenance, values: [String])] = []
        for (name, fact) in known {
            let value = "\(name) \(fact.value)"
            if let index = groups.firstIndex(where: { $0.source == fact.source }) {
                groups[index].values.append(value)
            } else {
                groups.append((fact.source, [value]))
            }
        }
        return groups.map { "\($0.values.joined(separator: ", ")) (\($0.source))" }.joined(separator: "\n")
    }
}
