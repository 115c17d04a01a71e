import SealaneEligibility

/// What the rules say of a peer at this moment, without a handshake: `GET /v1/peers/NAME/check`,
/// `sealane peer check NAME --json`.
public struct CheckReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var peer: String
    /// The overlay source address that was asked about, if one was.
    public var source: String?
    public var verdict: VerdictReport
    /// Absent: an agent of before does not say.
    public var state: PeerReport.State?
    /// Absent: no initiation waits for its answer.
    public var unanswered: UnansweredReport?
    /// What the peer answered when it last refused; absent when it has not.
    public var refusedByPeer: [Reason]?
    /// What both were judged by.
    public var local: InstanceReport
    public var remote: InstanceReport
    /// The rules that the policy does not let refuse the peer; absent: each may.
    public var rules: [RuleReport]?
    public var path: [WitnessReport]
    /// As in `PeerReport`.
    public var refusedHandshake: RefusedHandshakeReport?

    public init(
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
    public var outcome: Verdict.Outcome { (refusedByPeer ?? []).isEmpty ? verdict.verdict : .refused }

    public var passes: Bool { outcome == .eligible }
}
