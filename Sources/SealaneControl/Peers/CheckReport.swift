import SealaneEligibility

/// What the rules say of a peer at this moment, without a handshake: `GET /v1/peers/NAME/check`,
/// `sealane peer check NAME --json`.
package struct CheckReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    package var peer: String
    /// The overlay source address that was asked about, if one was.
    package var source: String?
    package var verdict: VerdictReport
    /// Absent: an agent of before does not say.
    package var state: PeerReport.State?
    /// Absent: no initiation waits for its answer.
    package var unanswered: UnansweredReport?
    /// What the peer answered when it last refused; absent when it has not.
    package var refusedByPeer: [Reason]?
    /// What both were judged by.
    package var local: InstanceReport
    package var remote: InstanceReport
    /// The rules that the policy does not let refuse the peer; absent: each may.
    package var rules: [RuleReport]?
    package var path: [WitnessReport]
    /// As in `PeerReport`.
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

    /// Of both ends together, as far as is known: `eligible` only if neither refuses and this host lacks nothing.
    package var outcome: Verdict.Outcome { (refusedByPeer ?? []).isEmpty ? verdict.verdict : .refused }

    package var passes: Bool { outcome == .eligible }
}
