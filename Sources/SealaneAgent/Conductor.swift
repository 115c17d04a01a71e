import FoundationEssentials
import Logging
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// What the control thread works with: the tunnel, the peers, the policy, and the judgement that joins them. What the
/// tunnel wants done goes to the lanes' mailboxes.
struct Conductor: ~Copyable {
    var tunnel: Tunnel
    let dataplane: Dataplane
    /// The configuration in force.
    var configuration: Configuration
    var identities: Identities
    /// Nil: no topology is named.
    var routes: RouteWitness?
    /// What is known of this host apart from its certificate.
    private(set) var hostFacts: LocalFacts
    /// This host's own half of every verdict, as of the last look at the wall clock.
    var localFacts: LocalFacts
    var nextClockCheck = MonotonicTime(nanoseconds: 0)
    /// Whether the topology tells anything, as of the last look at the wall clock.
    var areRoutesFresh: Bool
    /// Whether the log has told that this host's certificate ends soon.
    var isExpiryLogged = false
    /// Whether the log has told that a revocation list is too old.
    var isListAgeLogged = false
    var roster: PeerSet
    var certified: CertifiedPeers
    /// Reads and writes the state directory, for a caller that does not wait for ever.
    let disk: DiskThread
    let filter: OverlayFilterWatch
    /// Those that the overlay filter keeps.
    var protectedPrefixes: Set<String> = []
    var peers: [PeerID: KnownPeer] = [:]
    var idByName: [String: PeerID] = [:]
    /// Ids of peers that are gone, to be given out again: lanes' tables stay dense.
    var freeIDs: [PeerID] = []
    /// The least id that was never given out.
    var nextID: UInt32 = 0
    /// The last of every lane, by its number.
    var reports: [UInt8: LaneReport] = [:]
    let auditLog: AuditLog?
    let logger: Logger
    /// Nil: timestamps of initiations are forgotten when the agent ends.
    var timestamps: TimestampStore?
    /// `Tunnel.historiesVersion` as it was saved last.
    var savedVersion: UInt64 = 0
    var nextSave = MonotonicTime(nanoseconds: 0)

    var device: DeviceWatch
    /// Whether the device takes super-packets, the limit of which follows its MTU.
    private(set) var hasSuperpackets: Bool
    /// As far as is known.
    var ways: UnderlayPaths
    /// When the ways are to be looked at; nil: nothing has changed since the last look.
    var waysDueAt: MonotonicTime? = .ofHost()
    var waysPace = LookPace()
    /// Ends the agent.
    let deviceIsGone: @Sendable (SystemError) -> Void

    /// How many of each lane's lost offloads the log has told, by the lane's number.
    var loggedLosses: [UInt8: Int] = [:]
    /// What the logs tell of peers, and what they leave out.
    var told = PeerLines()
    /// Peers whose present verdict the audit log had no room for.
    var unrecordedVerdicts: Set<PeerID> = []
    /// Whether the log has told that keys could be written to swap.
    var isUnlockedLogged = false
    var handshakes = HandshakeCounts()
    /// Of peers that are gone: what is counted never grows less.
    var pastTraffic = TrafficReport()

    private var reportNumber: UInt64 = 0
    private var awaitingReport: [(number: UInt64, answer: @Sendable (inout Conductor) -> Void)] = []

    init(
        tunnel: consuming Tunnel, dataplane: Dataplane, configuration: Configuration, hostFacts: LocalFacts,
        identities: Identities, routes: RouteWitness?, roster: PeerSet, certified: CertifiedPeers,
        disk: DiskThread, filter: OverlayFilterWatch, device: consuming DeviceWatch, hasSuperpackets: Bool,
        ways: UnderlayPaths,
        auditLog: AuditLog?, logger: Logger, deviceIsGone: @escaping @Sendable (SystemError) -> Void
    ) {
        self.tunnel = tunnel
        self.dataplane = dataplane
        self.configuration = configuration
        self.hostFacts = hostFacts
        self.identities = identities
        self.routes = routes
        areRoutesFresh = routes != nil
        localFacts = identities.localFacts(with: hostFacts, at: Date()).facts
        self.roster = roster
        self.disk = disk
        self.device = device
        self.hasSuperpackets = hasSuperpackets
        self.ways = ways
        self.deviceIsGone = deviceIsGone
        self.certified = certified
        self.filter = filter
        self.auditLog = auditLog
        self.logger = logger
    }

    var policy: Policy { configuration.policy }

    func standpoint(at date: Date) -> Standpoint {
        Standpoint(
            local: localFacts, policy: policy, routes: routes, address: configuration.agent.listen.address, date: date)
    }

    // MARK: Turns of the control thread

    var hasSessions: Bool { tunnel.hasSessions }

    func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        [tunnel.nextDeadline(after: now), clockDeadline, device.dueAt, waysDueAt, told.nextEnd, saveDeadline]
            .compactMap(\.self).min()
    }

    mutating func handle(_ event: LaneEvent, _ now: Now) {
        let (peers, standpoint) = (self.peers, standpoint(at: Date(now)))
        // Handed over and back, so that what is remembered is not copied.
        var identities = self.identities.peers.take()
        var judgement: (id: PeerID, terms: PeerTerms, findings: Findings)?
        tunnel.handle(event, now: now) { id, terms, path in
            let findings = Findings(by: terms, path, of: peers[id], &identities, from: standpoint)
            judgement = (id, terms, findings)
            return findings.admission
        }
        self.identities.peers = identities
        // The tunnel may have left it at an answer: then nothing is known anew.
        if let judgement, let status = tunnel.status(of: judgement.id), status.terms == judgement.terms,
            status.path.isOfOneHandshake(as: judgement.findings.path)
        {
            note(judgement.findings, of: judgement.id)
            noteEnd(of: judgement.findings.presented?.validity, now)
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
        if let deadline = clockDeadline, now.monotonic >= deadline { followWallClock(now) }
        followNetwork(now)
        tunnel.advance(to: now)
        carryOut()
        tellSuppressed(now.monotonic)
        saveTimestamps(now.monotonic)
        logUnlockedSecrets()
    }

    /// Has the lanes and the log do what the tunnel wants done.
    mutating func carryOut() {
        while true {
            let outputs = tunnel.takeOutputs()
            guard !outputs.isEmpty else { return }
            for output in outputs {
                switch output {
                case .send(let datagram, let destination): dataplane.send(datagram, to: destination)
                case .command(let command): dataplane.post(command)
                case .judge(let id): judgePath(to: id)
                case .event(let event):
                    handshakes.count(event)
                    audit(event)
                    log(event)
                }
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

    /// Takes over what is now known of this host apart from its certificate: every peer is judged by it, and handshakes from
    /// now on state it.
    mutating func take(_ hostFacts: LocalFacts) {
        guard hostFacts != self.hostFacts else { return }
        self.hostFacts = hostFacts
        _ = takeMoment(.ofHost())
        do throws(ClaimsError) {
            tunnel.present(
                statement: try identities.statement(of: hostFacts.facts), credential: identities.own?.credential ?? [],
                at: .ofHost())
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

    /// Judges a peer by what is known now, after that has changed. A refusal ends its sessions at once, and is told to it.
    mutating func judgeAgain(_ id: PeerID) {
        guard let peer = peers[id] else { return }
        let now = Now.ofHost()
        let findings = Findings(
            ofWhatIsKnownOf: peer, tunnel.status(of: id), &identities.peers, from: standpoint(at: Date(now)))
        note(findings, of: id)
        // What a peer says of itself can only make things worse, and what it shows can make them better: both are asked for
        // again in every handshake.
        let isWorthAsking =
            identities.peers == nil
            ? Case(
                local: localFacts,
                peer: PeerFacts(stated: peer.facts, hasShownCertificate: peer.hasShownCertificate), policy: policy
            ).reasons(by: Rules.ofHosts).isEmpty
            : Case(local: localFacts, policy: policy).reasons().isEmpty
        if isWorthAsking { tunnel.setAdmitted(true, id) }
        // What a path carries is looked at anew by a session on trial, which goes on.
        let isOnTrial = findings.admission == .onTrial && tunnel.status(of: id)?.session == nil
        if !findings.objections.isEmpty, !isOnTrial {
            tunnel.settle(id, .refused(reasons: Reason.encode(findings.objections)), now.monotonic)
        }
        if !isWorthAsking { tunnel.setAdmitted(false, id) }
    }

    /// Has tunnel and lanes look at paths as the policy wants it.
    mutating func followPathPolicy() {
        tunnel.provesMTU = policy[.mtu] != .ignore
        tunnel.require(hopLimit: policy[.forwarding] == .refuse ? policy.leastHopLimit : 0)
        tunnel.heed(
            fragments: policy[.mtu] == .refuse ? .drop : policy[.mtu] == .warn ? .report : .ignore)
        carryOut()
    }

    func path(to id: PeerID) -> PathSightings {
        tunnel.status(of: id)?.path ?? PathSightings()
    }

    /// Something new was seen of the path to a peer while a session stood.
    private mutating func judgePath(to id: PeerID) {
        guard let peer = peers[id] else { return }
        let now = Now.ofHost()
        let findings = Findings(
            ofWhatIsKnownOf: peer, tunnel.status(of: id), &identities.peers, from: standpoint(at: Date(now)))
        note(findings, of: id)
        let admission: Admission =
            findings.objections.isEmpty ? .admitted : .refused(reasons: Reason.encode(findings.objections))
        tunnel.settle(id, admission, now.monotonic)
    }

    private mutating func note(_ findings: Findings, of id: PeerID) {
        guard let peer = peers[id] else { return }
        peers[id]?.take(findings)
        if findings.presented != nil, !peer.hasShownCertificate { rememberCertificate(of: id) }
        logWarnings(findings.warnings, of: id)
        // Of a peer that was never judged, it is no news that it still is not. Reasons are compared by their codes, since their
        // texts may be the peer's.
        let before = peer.toldVerdict
        guard
            before?.outcome ?? .unjudged != findings.verdict.outcome
                || before?.codes ?? [] != findings.verdict.codes
        else { return }
        peers[id]?.toldVerdict = findings.verdict
        if peer.toldVerdict == nil, findings.verdict.isEligible {
            // Once a peer, and of every peer when the agent starts: no budget is spent on it.
            auditLog?.record(.verdict(on: peer.name, from: nil, to: .eligible))
            peers[id]?.recordedVerdict = .eligible
            return logger.info("eligible", metadata: ["peer": "\(peer.name)"])
        }
        auditVerdict(of: id)
        switch findings.verdict {
        case .eligible: tell(.info, "eligible", of: id, topic: .verdict)
        case .refused(let reasons): log(reasons, of: id, topic: .verdict, "refused")
        case .unjudged(let missing):
            let missing = missing.map(\.rawValue).joined(separator: ", ")
            tell(.info, "unjudged", of: id, topic: .verdict, ["missing": "\(missing)"])
        }
    }
}

/// A peer as the agent knows it.
struct KnownPeer {
    var member: PeerSet.Member
    /// What it last claimed of itself.
    var claims: Claims?
    /// What it last presented to prove that; nil: nothing.
    var presented: PresentedCredential?
    /// Whether it has presented anything like that at any time, in this agent's life or before.
    var hasShownCertificate: Bool
    /// Of its last handshake.
    var handshakes = HandshakeEvidence(hasClaims: false, certificate: .awaited)
    /// What people are told.
    var verdict = Verdict.unjudged(missing: [.claims])
    /// As far as the log has told, or left out.
    var toldVerdict: Verdict?
    /// As far as the audit log has told.
    var recordedVerdict: Verdict?
    /// What speaks against it and the policy only warns of, as far as the log has told.
    var toldWarnings: [Reason] = []
    /// Of its packets, as far as the log has told.
    var loggedAddressesNotOwned: UInt64 = 0

    var name: String { member.definition.name }
    /// What the operator states.
    var facts: Facts { member.definition.facts }

    init(member: PeerSet.Member, hasShownCertificate: Bool) {
        self.member = member
        self.hasShownCertificate = hasShownCertificate
    }

    /// What the operator states, and what the peer has proven.
    var knownFacts: PeerFacts {
        PeerFacts(
            stated: facts, certificate: presented?.certificate ?? .none, hasShownCertificate: hasShownCertificate)
    }

    /// Whether the certificate that it has shown was in order then, and has ended since. It may have another by now.
    func hasCertificateEnded(in presented: PresentedCredential?) -> Bool {
        guard self.presented?.validity != nil || handshakes.certificate == .awaited,
            case .refused(let reasons)? = presented?.certificate
        else { return false }
        return reasons.allSatisfy { $0.code == .certificateExpired }
    }

    mutating func take(_ findings: Findings) {
        handshakes = findings.handshakes
        claims = findings.claims
        presented = findings.presented
        verdict = findings.verdict
    }
}

extension Verdict {
    fileprivate var codes: Set<ReasonCode> { Set(reasons.map(\.code)) }
}
