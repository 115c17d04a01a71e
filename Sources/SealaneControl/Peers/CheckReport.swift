import SealaneEligibility

/// The verdict on a peer now, without a new handshake: `GET /v1/peers/NAME/check`,
/// `sealane peer check NAME --json`.
package struct CheckReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var peer: String
    /// The overlay source address that the request asks about; absent: none.
    package var source: String?
    package var verdict: VerdictReport
    /// Absent: the agent is older than this key.
    package var state: PeerReport.State?
    /// Absent: no handshake is waiting for an answer.
    package var unanswered: UnansweredReport?
    /// The peer's reasons, if it refused this host; absent: it did not.
    package var refusedByPeer: [Reason]?
    /// The facts by which both hosts were judged.
    package var local: InstanceReport
    package var remote: InstanceReport
    /// The rules that the policy does not let refuse the peer; absent: every rule may refuse.
    package var rules: [RuleReport]?
    package var path: [WitnessReport]
    /// See `PeerReport`.
    package var refusedHandshake: RefusedHandshakeReport?

    package init(
        peer: String, source: String? = nil, verdict: Verdict, state: PeerReport.State? = nil,
        unanswered: UnansweredReport? = nil, refusedByPeer: [Reason]? = nil, local: Facts, remote: Facts,
        rules: [RuleReport]? = nil, path: [WitnessReport] = [], refusedHandshake: RefusedHandshakeReport? = nil
    ) {
        self.peer = peer
        self.source = source
        self.verdict = VerdictReport(verdict)
        self.state = state
        self.unanswered = unanswered
        self.refusedByPeer = refusedByPeer
        self.local = InstanceReport(local)
        self.remote = InstanceReport(remote)
        self.rules = rules
        self.path = path
        self.refusedHandshake = refusedHandshake
    }

    /// The verdict of both ends together, as far as this host knows: `eligible` only if neither refuses and this host
    /// is missing nothing.
    package var outcome: Verdict.Outcome { (refusedByPeer ?? []).isEmpty ? verdict.verdict : .refused }

    package var passes: Bool { outcome == .eligible }
}
