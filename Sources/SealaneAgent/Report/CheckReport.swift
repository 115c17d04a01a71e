import SealaneEligibility

/// What the rules say of a peer at this moment, without a handshake: `GET /v1/peers/NAME/check`,
/// `sealane peer check NAME --json`.
public struct CheckReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    public var peer: String
    /// The overlay source address that was asked about, if one was.
    public var source: String?
    public var verdict: VerdictReport
    /// What the peer answered when it last refused; absent when it has not.
    public var refusedByPeer: [Reason]?
    /// What both were judged by.
    public var local: InstanceReport
    public var remote: InstanceReport
    public var path: [WitnessReport]

    public init(
        peer: String, source: String? = nil, verdict: Verdict, refusedByPeer: [Reason]? = nil, local: Facts,
        remote: Facts, path: [WitnessReport] = []
    ) {
        self.peer = peer
        self.source = source
        self.verdict = VerdictReport(verdict)
        self.refusedByPeer = refusedByPeer
        self.local = InstanceReport(local)
        self.remote = InstanceReport(remote)
        self.path = path
    }

    /// Whether both ends, as far as is known, let the peers talk.
    public var passes: Bool { verdict.eligible && (refusedByPeer ?? []).isEmpty }
}
