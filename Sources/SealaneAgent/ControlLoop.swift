import SealaneControl
import SealaneConfiguration
import FoundationEssentials
import Logging
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel

/// The state of the control thread: the tunnel, the peers and the policy. Decides what the tunnel asks, and passes the
/// tunnel's outputs to the lanes and the logs.
struct ControlLoop: ~Copyable {
    var tunnel: Tunnel
    let dataplane: Dataplane
    /// The configuration in force.
    var configuration: Configuration
    var identities: Identities
    /// Nil: the configuration names no topology.
    var routes: RouteWitness?
    /// What is known of this host apart from its certificate.
    var hostFacts: LocalFacts
    /// This host's half of every verdict, as of the last check of the wall clock.
    var localFacts: LocalFacts
    var nextClockCheck = MonotonicTime(nanoseconds: 0)
    /// Whether the topology is young enough, as of the last check of the wall clock.
    var areRoutesFresh: Bool
    /// Whether it is logged that this host's certificate ends soon.
    var isExpiryLogged = false
    /// The logged `hostReasons`, without times.
    var loggedHostReasons: [Reason] = []
    /// Whether it is logged that a revocation list is too old.
    var isListAgeLogged = false
    var peerSet: PeerSet
    var certified: CertifiedPeers
    /// Reads and writes the state directory, for a caller that does not wait for ever.
    let disk: DiskThread
    let filter: OverlayFilterWatch
    /// The prefixes that the overlay filter protects.
    var protectedPrefixes: Set<String> = []
    var peers: [PeerID: KnownPeer] = [:]
    var idByName: [String: PeerID] = [:]
    /// Ids of former peers, for reuse: the lanes' tables stay dense.
    var freeIDs: [PeerID] = []
    /// The lowest id that was never used.
    var nextID: UInt32 = 0
    /// The last report of every lane, by number.
    var reports: [UInt8: LaneReport] = [:]
    let auditLog: AuditLog?
    let logger: Logger
    /// Nil: the agent forgets timestamps of initiations when it ends.
    var timestamps: TimestampStore?
    /// The last `Tunnel.historiesVersion` that was saved.
    var savedVersion: UInt64 = 0
    var nextSave = MonotonicTime(nanoseconds: 0)

    var device: DeviceWatch
    /// Whether the device accepts super-packets. Their limit depends on its MTU.
    private(set) var hasSuperpackets: Bool
    /// The paths to the peers, as of the last check.
    var paths: UnderlayPaths
    /// When the next check of the paths is due; nil: nothing has changed since the last one.
    var pathsDueAt: MonotonicTime? = .ofHost()
    var pathsPace = LookPace()
    /// Nil: the device has the MTU that it should have.
    var deviceMTURise: DeviceMTURise?
    /// Ends the agent.
    let deviceIsGone: @Sendable (SystemError) -> Void

    /// How many of each lane's lost offloads are logged, by the lane's number.
    var loggedLosses: [UInt8: Int] = [:]
    /// The lines about peers that the logs have, and those that they leave out.
    var peerLines = PeerLines()
    /// Peers whose verdict the audit log had no room for.
    var unrecordedVerdicts: Set<PeerID> = []
    /// Whether it is logged that keys could be written to swap.
    var isUnlockedLogged = false
    var handshakes = HandshakeCounts()
    /// The traffic of former peers: counters never decrease.
    var pastTraffic = TrafficReport()

    /// Counts the changes of the trust bundle and the revocation lists that verify certificates.
    var trustVersion: UInt64 = 0
    var certificates: CertificateQueue
    /// Called after every peer has been judged again.
    var awaitingJudgements: [@Sendable (inout ControlLoop) -> Void] = []

    private var reportNumber: UInt64 = 0
    private var awaitingReport: [(number: UInt64, answer: @Sendable (inout ControlLoop) -> Void)] = []

    init(
        tunnel: consuming Tunnel, dataplane: Dataplane, configuration: Configuration, hostFacts: LocalFacts,
        identities: Identities, routes: RouteWitness?, peerSet: PeerSet, certified: CertifiedPeers,
        certificates: CertificateQueue, disk: DiskThread, filter: OverlayFilterWatch,
        device: consuming DeviceWatch, hasSuperpackets: Bool, paths: UnderlayPaths,
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
        self.peerSet = peerSet
        self.device = device
        self.hasSuperpackets = hasSuperpackets
        self.paths = paths
        self.deviceIsGone = deviceIsGone
        self.certified = certified
        self.certificates = certificates
        self.disk = disk
        self.filter = filter
        self.auditLog = auditLog
        self.logger = logger
    }

    var policy: Policy { configuration.policy }

    /// Why this host's own facts or certificate refuse every peer.
    var hostReasons: [Reason] { Case(local: localFacts, policy: policy).reasons() }

    func judgementContext(at date: Date) -> JudgementContext {
        JudgementContext(
            local: localFacts, policy: policy, verifiesCertificates: identities.peers != nil, routes: routes,
            address: configuration.agent.listen.address, date: date)
    }

    // MARK: Turns of the control thread

    var hasSessions: Bool { tunnel.hasSessions }

    func nextDeadline(after now: MonotonicTime) -> MonotonicTime? {
        [
            tunnel.nextDeadline(after: now), clockDeadline, device.dueAt, pathsDueAt, deviceMTURise?.checkAt,
            peerLines.nextEnd, saveDeadline,
        ].compactMap(\.self).min()
    }

    mutating func handle(_ event: LaneEvent, _ now: Now) {
        tunnel.handle(event, now: now)
        performOutputs()
        switch event {
        case .report(let report):
            logAddressesNotOwned(of: report.sessions)
            logLostOffloads(ofLane: report.lane)
            record(report)
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
        performOutputs()
        logSuppressed(now.monotonic)
        saveTimestamps(now.monotonic)
        logUnlockedSecrets()
    }

    /// Performs the outputs of the tunnel, in order, until there are none.
    mutating func performOutputs() {
        while true {
            let outputs = tunnel.popOutputs()
            guard !outputs.isEmpty else { return }
            for output in outputs {
                switch output {
                case .send(let datagram, let destination): dataplane.send(datagram, to: destination)
                case .command(let command): dataplane.post(command)
                case .decide(let ticket, let id, let parameters, let path): decide(ticket, id, parameters, path)
                case .event(let event):
                    handshakes.count(event)
                    audit(event)
                    log(event)
                }
            }
        }
    }

    // MARK: Reports of lanes

    /// Asks every lane for a report.
    mutating func askForReports() {
        reportNumber += 1
        dataplane.post(.report(reportNumber))
    }

    /// Asks every lane for a report, and calls `answer` after all have answered.
    mutating func askForReports(then answer: @escaping @Sendable (inout ControlLoop) -> Void) {
        askForReports()
        awaitingReport.append((reportNumber, answer))
    }

    private mutating func record(_ report: LaneReport) {
        reports[report.lane] = report
        guard reports.count == Int(dataplane.laneCount) else { return }
        let reported = reports.values.map(\.number).min() ?? 0
        let due = awaitingReport.filter { $0.number <= reported }
        awaitingReport.removeAll { $0.number <= reported }
        for waiting in due { waiting.answer(&self) }
    }

    /// At the end of the thread: answers all that wait, by what is known.
    mutating func answerAll() {
        certificates.close()
        let (due, judged) = (awaitingReport, awaitingJudgements)
        (awaitingReport, awaitingJudgements) = ([], [])
        for waiting in due { waiting.answer(&self) }
        for answer in judged { answer(&self) }
    }
}
