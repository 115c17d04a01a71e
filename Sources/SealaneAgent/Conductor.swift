import Logging
import SealaneDataplane
import SealaneEligibility
import SealanePacket
import SealaneTunnel

/// What the control thread works with: the tunnel, the peers, the policy, and the judgement that joins them. What the
/// tunnel wants done goes to the lanes' mailboxes.
struct Conductor: ~Copyable {
    var tunnel: Tunnel
    let dataplane: Dataplane
    /// The configuration in force.
    var configuration: Configuration
    /// This host's own half of every verdict.
    private(set) var local: LocalFacts
    var roster: Roster
    var peers: [PeerID: KnownPeer] = [:]
    var idByName: [String: PeerID] = [:]
    /// Ids of peers that are gone, to be given out again: lanes' tables stay dense.
    var freeIDs: [PeerID] = []
    /// The least id that was never given out.
    var nextID: UInt32 = 0
    /// The last of every lane, by its number.
    var reports: [UInt8: LaneReport] = [:]
    let logger: Logger

    /// How many of each lane's lost offloads the log has told, by the lane's number.
    var loggedLosses: [UInt8: Int] = [:]

    private var reportNumber: UInt64 = 0
    private var awaitingReport: [(number: UInt64, answer: @Sendable (inout Conductor) -> Void)] = []

    init(
        tunnel: consuming Tunnel, dataplane: Dataplane, configuration: Configuration, local: LocalFacts,
        roster: Roster, logger: Logger
    ) {
        self.tunnel = tunnel
        self.dataplane = dataplane
        self.configuration = configuration
        self.local = local
        self.roster = roster
        self.logger = logger
    }

    var policy: Policy { configuration.policy }

    // MARK: Turns of the control thread

    var hasSessions: Bool { tunnel.hasSessions }

    func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        tunnel.nextDeadline(after: now)
    }

    mutating func handle(_ event: LaneEvent, _ now: Now) {
        let (peers, local, policy) = (self.peers, self.local, self.policy)
        var judgement: (id: PeerID, terms: PeerTerms, statement: Statement?, verdict: Verdict)?
        tunnel.handle(event, now: now) { id, terms in
            let (statement, verdict) = Self.judgement(by: terms, of: peers[id], local: local, policy)
            judgement = (id, terms, statement, verdict)
            switch verdict {
            case .eligible: return .admitted
            case .refused(let reasons): return .refused(reasons: Reason.encode(reasons))
            }
        }
        // The tunnel may have left it at an answer: then nothing is known anew.
        if let judgement, tunnel.status(of: judgement.id)?.terms == judgement.terms {
            note(judgement.verdict, of: judgement.id, statement: judgement.statement)
        }
        carryOut()
        switch event {
        case .report(let report):
            logAddressesNotOwned(of: report.sessions)
            logLostOffloads(ofLane: report.lane)
            take(report)
        case .ended(let activity):
            logAddressesNotOwned(of: [activity])
        default:
            break
        }
    }

    mutating func advance(to now: Now) {
        tunnel.advance(to: now)
        carryOut()
    }

    /// Has the lanes and the log do what the tunnel wants done.
    mutating func carryOut() {
        for output in tunnel.takeOutputs() {
            switch output {
            case .send(let datagram, let destination): dataplane.send(datagram, to: destination)
            case .command(let command): dataplane.post(command)
            case .event(let event): log(event)
            }
        }
    }

    // MARK: Reports of lanes

    /// Asks every lane what it did.
    mutating func askForReports() {
        reportNumber += 1
        dataplane.post(.report(reportNumber))
    }

    /// Asks as well, and calls `answer` once all have answered.
    mutating func askForReports(then answer: @escaping @Sendable (inout Conductor) -> Void) {
        askForReports()
        awaitingReport.append((reportNumber, answer))
    }

    private mutating func take(_ report: LaneReport) {
        reports[report.lane] = report
        guard reports.count == Int(dataplane.laneCount) else { return }
        let reported = reports.values.map(\.number).min() ?? 0
        let due = awaitingReport.filter { $0.number <= reported }
        awaitingReport.removeAll { $0.number <= reported }
        for waiting in due { waiting.answer(&self) }
    }

    /// For the end of the thread: whoever still waits is answered with what is known.
    mutating func answerWithoutReports() {
        let due = awaitingReport
        awaitingReport = []
        for waiting in due { waiting.answer(&self) }
    }

    // MARK: Judgement

    /// What a handshake is judged by: what is known of the peer, and what it says of itself.
    private static func judgement(
        by terms: PeerTerms, of peer: KnownPeer?, local: LocalFacts, _ policy: Policy
    ) -> (Statement?, Verdict) {
        let facts = peer?.member.definition.facts ?? Facts()
        do throws(SealaneEligibility.PayloadError) {
            let statement = try Statement(decoding: terms.statement)
            let verdict = SealaneEligibility.judge(local: local, peer: facts, statement: statement, policy: policy)
            return (statement, verdict)
        } catch {
            let reason = Reason(
                code: .factsUnknown, observed: "a statement that cannot be read: \(error)",
                required: "a statement as this version of Sealane writes it", source: "peer's handshake")
            return (nil, .refused([reason]))
        }
    }

    /// Takes over what is now known of this host: every peer is judged by it, and handshakes from now on state it.
    mutating func take(_ local: LocalFacts) {
        guard local != self.local else { return }
        self.local = local
        do throws(SealaneEligibility.PayloadError) {
            tunnel.settings.statement = try Statement(of: local.facts).encoded
        } catch {
            // They refuse every peer for that reason (`LocalFacts`); the refusals carry the facts of before.
            logger.error("no peer is eligible: this host's facts cannot be sent", metadata: ["why": "\(error)"])
        }
        judgeAllAgain()
    }

    /// After a change that concerns every peer.
    mutating func judgeAllAgain() {
        for id in peers.keys.sorted(by: { $0.rawValue < $1.rawValue }) { judgeAgain(id) }
        carryOut()
    }

    /// Judges a peer by what is known now, after that has changed. A refusal ends its sessions at once.
    mutating func judgeAgain(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        let facts = peer.member.definition.facts
        let verdict = SealaneEligibility.judge(
            local: local, peer: facts, statement: peer.statement, policy: policy)
        note(verdict, of: id, statement: peer.statement)
        // What a peer says of itself can only make things worse, and is asked for again in every handshake.
        let isAdmitted = SealaneEligibility.judge(local: local, peer: facts, policy: policy).isEligible
        if isAdmitted && !verdict.isEligible { tunnel.setAdmitted(false, id) }
        tunnel.setAdmitted(isAdmitted, id)
    }

    private mutating func note(_ verdict: Verdict, of id: PeerID, statement: Statement?) {
        guard let peer = peers[id] else { return }
        peers[id]?.statement = statement
        peers[id]?.verdict = verdict
        guard peer.verdict != verdict else { return }
        switch verdict {
        case .eligible: logger.info("eligible", metadata: ["peer": "\(peer.name)"])
        case .refused(let reasons): log(reasons, of: peer.name, "refused")
        }
    }
}

/// A peer as the agent knows it.
struct KnownPeer {
    var member: Roster.Member
    /// What it last stated of itself.
    var statement: Statement?
    /// Nil before the first judgement.
    var verdict: Verdict?
    /// Of its packets, as far as the log has told.
    var loggedAddressesNotOwned: UInt64 = 0

    var name: String { member.definition.name }
}
