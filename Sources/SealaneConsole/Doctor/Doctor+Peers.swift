import FoundationEssentials
import SealaneConfiguration
import SealaneControl
import SealaneEligibility
import SealaneLinux
import SealanePacket

/// What the running agent says of its peers.
extension Doctor {
    /// A check that counts them, and one for each that is refused or does not answer.
    static func peers(_ list: PeerListReport) -> [DoctorReport.Check] {
        let all = list.peers
        guard !all.isEmpty else { return [.init("peers", .ok, "the agent has none")] }
        let counts = StatusReport.PeerCounts(all.map(\.state))
        let verdicts = all.reduce(into: VerdictCounts()) { $0.add($1.verdict.verdict) }
        let isNoneLeft = counts.refused == counts.total
        let sum = DoctorReport.Check(
            "peers", isNoneLeft ? .problem : .ok,
            counts.text + (verdicts.text.map { "; verdicts: \($0)" } ?? ""),
            remedy: isNoneLeft ? "see the reasons below, one line for each peer" : nil)
        let style = ReportStyle(isColoured: false, now: Date())
        let troubles = all.compactMap { trouble(of: $0, style) }
        let shown = troubles.prefix(Self.mostPeers)
        guard troubles.count > shown.count else { return [sum] + shown }
        return [sum] + shown + [
            .init(
                "peers", .warning,
                "\(ReportStyle.count(troubles.count - shown.count, "more peer")) refused or without an answer",
                remedy: "sealane peer list shows all of them")
        ]
    }

    /// Ten thousand lines would hide all others.
    private static var mostPeers: Int { 16 }

    /// A rule may be meant to refuse, and a peer may be down: warnings.
    private static func trouble(of peer: PeerReport, _ style: ReportStyle) -> DoctorReport.Check? {
        if peer.state == .refused { return refusal(of: peer) }
        if let unanswered = peer.unanswered, unanswered.isWorthTelling(peer.state) {
            return .init(
                "peers", .warning, "\(peer.name) does not answer: no answer \(unanswered.line(style))",
                remedy: unanswered.checks(publicKey: peer.publicKey).split(separator: "\n").joined(separator: " "))
        }
        guard peer.state == .unreachable else { return nil }
        return .init(
            "peers", .warning, "\(peer.name) answers handshakes, and nothing that follows them",
            remedy: "let the UDP ports of all lanes pass, both ways, in firewalls and security groups")
    }

    private static func refusal(of peer: PeerReport) -> DoctorReport.Check {
        let theirs = peer.refusedByPeer ?? []
        let reasons = peer.verdict.reasons.isEmpty ? theirs : peer.verdict.reasons
        let speaker = peer.verdict.reasons.isEmpty ? "\(peer.name) refuses this host" : "\(peer.name) is refused"
        let said = reasons.map { reason in
            let seen = reason.observed.isEmpty ? "" : " (observed: \(reason.observed))"
            return "\(reason.code.rawValue)\(seen)"
        }
        let remedies = reasons.map(\.code.remedy)
        let distinct = remedies.enumerated().filter { !remedies[..<$0.offset].contains($0.element) }.map(\.element)
        return .init(
            "peers", .warning, "\(speaker): \(said.isEmpty ? "no reason given" : said.joined(separator: ", "))",
            remedy: (distinct + ["sealane peer check \(peer.name) tells more"]).joined(separator: " "))
    }
}

/// Whether the tunnel device carries IPv6, where the configuration has IPv6 addresses inside the tunnel.
extension Doctor {
    /// Nil: it has none.
    static func overlayIPv6(_ configuration: Configuration) -> DoctorReport.Check? {
        let name = "tunnel-ipv6"
        let prefixes = configuration.agent.addresses + peers(of: configuration).flatMap(\.addresses)
        let wanted = prefixes.filter { !$0.address.isIPv4 }.map { "\($0)" }
        guard !wanted.isEmpty else { return nil }
        let interface = configuration.agent.interface
        let isThere = (try? NetworkInterface.index(of: interface)) != nil
        let place = isThere ? interface : "default"
        let what = isThere ? interface : "interfaces that are made from now on"
        switch NetworkInterface.ipv6(of: place) {
        case .on: return .init(name, .ok, "\(what) \(isThere ? "carries" : "carry") IPv6")
        case .disabled:
            return .init(
                name, .problem,
                "IPv6 is disabled on \(what), and the tunnel is to carry \(list(wanted))",
                remedy: "set net.ipv6.conf.\(place).disable_ipv6 to 0"
                    + (isThere ? ", then sealane reload" : "") + "; or use IPv4 addresses only")
        case .absent:
            let reason =
                isThere && NetworkInterface.ipv6(of: "default") != .absent
                ? "\(interface) has no IPv6, because its MTU is below 1280" : "the kernel runs without IPv6"
            return .init(
                name, .problem, "\(reason), and the tunnel is to carry \(list(wanted))",
                remedy: "use IPv4 addresses only, or have this host carry IPv6")
        }
    }
}
