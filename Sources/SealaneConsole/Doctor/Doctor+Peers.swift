import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneLinux
import SealanePacket

/// The peers of the running agent.
extension Doctor {
    /// One check that counts the peers, and one for each peer that is refused or does not answer.
    static func peers(_ list: PeerListReport) -> [DoctorReport.Check] {
        let all = list.peers
        guard !all.isEmpty else { return [.init("peers", .ok, "the agent has no peers")] }
        let counts = StatusReport.PeerCounts(all.map(\.state))
        let verdicts = all.reduce(into: VerdictCounts()) { $0.add($1.verdict.verdict) }
        let isNoneLeft = counts.refused == counts.total
        let sum = DoctorReport.Check(
            "peers", isNoneLeft ? .problem : .ok,
            counts.text + (verdicts.text.map { "; verdicts: \($0)" } ?? ""),
            remedy: isNoneLeft ? "see the reasons below, one line for each peer" : nil)
        let style = ReportStyle(isColoured: false, now: Date())
        let problems = all.compactMap { problem(of: $0, style) }
        let shown = problems.prefix(Self.mostPeers)
        guard problems.count > shown.count else { return [sum] + shown }
        return [sum] + shown + [
            .init(
                "peers", .warning,
                "\(ReportStyle.count(problems.count - shown.count, "more peer")) refused or without an answer",
                remedy: "sealane peer list shows all of them")
        ]
    }

    /// The most peers with a line of their own. Ten thousand lines would hide all others.
    private static var mostPeers: Int { 16 }

    /// Warnings only: a rule may refuse on purpose, and a peer may be down.
    private static func problem(of peer: PeerReport, _ style: ReportStyle) -> DoctorReport.Check? {
        if peer.state == .refused { return refusal(of: peer) }
        if let unanswered = peer.unanswered, unanswered.isWorthReporting(peer.state) {
            return .init(
                "peers", .warning, "\(peer.name) does not answer: no answer \(unanswered.line(style))",
                remedy: unanswered.checks(publicKey: peer.publicKey).split(separator: "\n").joined(separator: " "))
        }
        guard peer.state == .unreachable else { return nil }
        return .init(
            "peers", .warning, "\(peer.name) answers handshakes, but no packets after them",
            remedy: "open the UDP ports of all lanes, in both directions, in firewalls and security groups")
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
            remedy: (distinct + ["see sealane peer check \(peer.name)"]).joined(separator: " "))
    }
}
