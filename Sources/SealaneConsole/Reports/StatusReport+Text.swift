import SealaneControl
import SealaneEligibility

extension StatusReport {
    /// `sealane status`: the agent, then its peers.
    package func text(_ style: ReportStyle, peers list: PeerListReport) -> String {
        var lines = ReportLines(style)
        lines.add("listen", "\(listen), \(ReportStyle.count(lanes, "lane"))")
        lines.add("addresses", addresses.joined(separator: ", "))
        lines.add("public key", publicKey)
        lines.add("fleet", fleet)
        lines.add("MTU", "\(mtu)")
        lines.add("offloads", Self.text(of: offloads))
        lines.add("ciphers", "\(cipherSuites.joined(separator: ", ")); by \(crypto.provider) (\(crypto.reason))")
        lines.add("instance", instance.text)
        lines.add("rules", rules.map { Self.text(of: $0, style) })
        lines.add("metadata", instanceMetadata?.text(style))
        lines.add("certificate", identity?.summary)
        lines.add("revocations", revocations.map { $0.map(\.summary).joined(separator: "\n") })
        lines.add("filter", overlayFilter?.text(style))
        lines.add("received", PeerReport.amount(traffic.receivedBytes, traffic.receivedPackets))
        lines.add("sent", PeerReport.amount(traffic.sentBytes, traffic.sentPackets))
        lines.add("dropped", Self.drops(counters))
        lines.add("restored", Self.drops(repairs ?? [:]).map { "\($0) (other programs changed the tunnel device)" })
        lines.add("peers", peers.text)
        lines.add("verdicts", peers.verdicts?.text)
        let head =
            "\(style.paint(interface, .strong))  up \(TimeSpan.text(seconds: uptimeSeconds)), "
            + "sealaned \(version), pid \(pid)\n"
        let problems = list.peers.compactMap { peer in
            peer.laneProblem.map { "\(peer.name): \($0.text(style))\n" }
        }
        let refused = list.peers.compactMap { peer in
            peer.refusedHandshakeToMend(at: style.now).map { "\(peer.name): \($0.line(style))\n" }
        }
        let strange = (strangers ?? []).filter { $0.isNews(at: style.now) }.map {
            "\($0.observed(publicKey, style)); \($0.remedy(publicKey))\n"
        }
        let notes = problems + refused + strange
        return head + hostProblems(style) + lines.text + (list.peers.isEmpty ? "" : "\n" + list.text(style))
            + (notes.isEmpty ? "" : "\n" + notes.joined())
    }

    /// Why this host itself refuses every peer, one line each, and what to do.
    private func hostProblems(_ style: ReportStyle) -> String {
        (hostReasons ?? []).map { reason in
            let observed = reason.observed.isEmpty ? "" : ": \(reason.observed)"
            return "\(style.paint("no peer is eligible", .bad)), because of this host: "
                + "\(reason.code.rawValue)\(observed) (\(reason.source)). \(reason.code.remedy)\n"
        }.joined()
    }

    /// `checksum, tso4, gso; off: gro (the configuration says off)`.
    static func text(of offloads: [OffloadStatus]) -> String {
        let on = offloads.filter(\.on).map(\.name)
        let off = offloads.filter { !$0.on }.map { "\($0.name) (\($0.reason ?? "unknown"))" }
        return (on.isEmpty ? "none" : on.joined(separator: ", "))
            + (off.isEmpty ? "" : "; off: \(off.joined(separator: ", "))")
    }

    /// `types ignored by policy, vpc: the policy only warns`.
    static func text(of rules: [String: Reaction], _ style: ReportStyle) -> String {
        rules.sorted { $0.key < $1.key }.map { rule, reaction in
            style.paint(rule + (reaction == .ignore ? " ignored by policy" : ": the policy only warns"), .warning)
        }.joined(separator: ", ")
    }

    /// The counters that are not 0, greatest first; nil: all are 0.
    static func drops(_ counters: [String: UInt64]) -> String? {
        let some = counters.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return some.isEmpty ? nil : some.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
}

extension StatusReport.OverlayFilterStatus {
    /// `table inet sealane-sealane0, 3 prefixes; restored 2 times`.
    func text(_ style: ReportStyle) -> String {
        let repaired = repairs == 0 ? "" : "; restored \(ReportStyle.count(Int(clamping: repairs), "time"))"
        if inPlace { return "table \(table), \(ReportStyle.count(prefixes, "prefix", "prefixes"))" + repaired }
        return style.paint(
            "none: cleartext packets from the link are accepted as a peer's (\(reason ?? "unknown"))", .warning)
            + repaired
    }
}

extension StatusReport.PeerCounts {
    /// `3: 1 established, 2 refused`; states without peers are left out.
    var text: String {
        let states: [(Int, PeerReport.State)] = [
            (established, .established), (connecting, .connecting), (idle, .idle), (refused, .refused),
            (unreachable, .unreachable),
        ]
        let some = states.filter { $0.0 > 0 }.map { "\($0.0) \($0.1.rawValue)" }
        return some.isEmpty ? "none" : "\(total): " + some.joined(separator: ", ")
    }
}
