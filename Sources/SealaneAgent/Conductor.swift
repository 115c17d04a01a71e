import Logging
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// What the control thread works with: the tunnel, the peers, the policy, and the judgement that joins them.
///
/// It does no I/O of its own: what the tunnel wants done goes to the lanes' mailboxes.
struct Conductor: ~Copyable {
    var tunnel: Tunnel
    let dataplane: Dataplane
    let logger: Logger
    /// What this host is; its own half of every verdict, and what it states to peers.
    let localFacts: Facts
    var policy: Policy
    var peers: [PeerID: KnownPeer] = [:]
    var idByName: [String: PeerID] = [:]
    /// Of lanes, by number.
    var reports: [UInt8: LaneReport] = [:]

    private var freeIDs: [UInt32] = []
    private var nextID: UInt32 = 0
    private var reportNumber: UInt64 = 0
    private var awaitingReport: [(number: UInt64, resume: @Sendable () -> Void)] = []

    init(tunnel: consuming Tunnel, dataplane: Dataplane, localFacts: Facts, policy: Policy, logger: Logger) {
        self.tunnel = tunnel
        self.dataplane = dataplane
        self.localFacts = localFacts
        self.policy = policy
        self.logger = logger
    }

    // MARK: Turns of the control thread

    var hasSessions: Bool {
        tunnel.hasSessions
    }

    func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        tunnel.nextDeadline(after: now)
    }

    mutating func handle(_ event: LaneEvent, _ now: Now) {
        if case .report(let report) = event { take(report) }
        let judge = self.judgement
        var verdicts: [(PeerID, Statement?, Verdict)] = []
        tunnel.handle(event, now: now) { id, terms in
            let (admission, statement, verdict) = judge(id, terms)
            verdicts.append((id, statement, verdict))
            return admission
        }
        for (id, statement, verdict) in verdicts { record(verdict, of: id, statement: statement) }
        carryOut()
    }

    mutating func advance(to now: Now) {
        tunnel.advance(to: now)
        carryOut()
    }

    /// Asks every lane what it did.
    mutating func askForReports() {
        reportNumber += 1
        dataplane.post(.report(reportNumber))
    }

    /// Asks as well, and calls `resume` on the control thread once all have answered.
    mutating func askForReports(then resume: @escaping @Sendable () -> Void) {
        askForReports()
        awaitingReport.append((reportNumber, resume))
    }

    private mutating func take(_ report: LaneReport) {
        reports[report.lane] = report
        guard reports.count == Int(dataplane.laneCount) else { return }
        let oldest = reports.values.map(\.number).min() ?? 0
        for waiting in awaitingReport where waiting.number <= oldest { waiting.resume() }
        awaitingReport.removeAll { $0.number <= oldest }
    }

    private mutating func carryOut() {
        for output in tunnel.takeOutputs() {
            switch output {
            case .send(let datagram, let destination): dataplane.send(datagram, to: destination)
            case .command(let command): dataplane.post(command)
            case .event(let event): log(event)
            }
        }
    }

    // MARK: Judgement

    /// What is judged on every handshake, by both ends: a value, so that the tunnel can ask while it is being changed.
    private var judgement: (PeerID, PeerTerms) -> (Admission, Statement?, Verdict) {
        let (peers, localFacts, policy) = (self.peers, self.localFacts, self.policy)
        return { id, terms in
            let facts = peers[id]?.facts ?? Facts()
            guard let statement = try? Statement(decoding: terms.statement) else {
                let verdict = Verdict.refused([.unreadableStatement(byteCount: terms.statement.count)])
                return (.refused(reasons: verdict.encodedReasons), nil, verdict)
            }
            let verdict = judge(local: localFacts, peer: facts, statement: statement, policy: policy)
            let admission: Admission =
                if case .refused(let reasons) = verdict {
                    .refused(reasons: Reason.encode(reasons))
                } else {
                    .admitted
                }
            return (admission, statement, verdict)
        }
    }

    /// Judges a peer by what is known now; a verdict that turns ends the session at once.
    mutating func judgeAgain(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        let verdict = judge(local: localFacts, peer: peer.facts, statement: peer.statement, policy: policy)
        record(verdict, of: id, statement: peer.statement)
        tunnel.setAdmitted(verdict == .eligible, id)
        carryOut()
    }

    private mutating func record(_ verdict: Verdict, of id: PeerID, statement: Statement?) {
        guard var peer = peers[id] else { return }
        let isNews = peer.verdict != verdict
        peer.statement = statement
        peer.verdict = verdict
        peers[id] = peer
        if isNews { log(verdict, of: peer) }
    }
}

/// A peer as the agent knows it.
struct KnownPeer {
    let definition: PeerDefinition
    let origin: Origin
    /// What the operator states of it.
    let facts: Facts
    /// What it last stated of itself.
    var statement: Statement?
    var verdict = Verdict.eligible

    enum Origin {
        case config
        case added
    }
}
