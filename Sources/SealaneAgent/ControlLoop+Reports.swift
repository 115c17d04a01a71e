import FoundationEssentials
import SealaneControl
import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// Reports for people, as of the lanes' last reports.
extension ControlLoop {
    func report(onPeerNamed name: String, _ clock: ReportClock) throws(ControlError) -> PeerReport {
        guard let id = idByName[name], let peer = peers[id] else {
            throw ControlError(.notFound, "there is no peer \(ValueParser.quoted(name))")
        }
        return report(on: peer, id, clock)
    }

    func reportOnPeers(_ clock: ReportClock) -> PeerListReport {
        PeerListReport(peers: peers.map { id, peer in report(on: peer, id, clock) })
    }

    private func report(on peer: KnownPeer, _ id: PeerID, _ clock: ReportClock) -> PeerReport {
        let status = tunnel.status(of: id)
        let evaluated = evaluated(peer, id, clock)
        let session = status?.session.map {
            PeerReport.Session(
                suite: "\($0.suite)", ageSeconds: clock.secondsSince($0.establishedAt), initiator: $0.isInitiator,
                laneCount: Int($0.laneCount), rekeys: (status?.sessionCount ?? 1) - 1,
                lanes: $0.lanes.map { PeerReport.Lane($0, clock) })
        }
        return PeerReport(
            peer.member.definition, origin: PeerReport.Origin(peer.member.origin),
            facts: peer.knownFacts.facts, certificate: peer.presented?.report,
            state: PeerReport.State(status?.state, peer.verdict),
            verdict: peer.verdict, refusedByPeer: status?.refusalByPeer.map(Self.reasons(decoding:)),
            rules: RuleReport.relaxed(in: evaluated), path: witnessReports(of: evaluated, path(to: id), clock),
            session: session,
            lastHandshakeAt: status?.lastHandshakeAt.map(clock.date),
            unanswered: status?.unanswered.map { report(on: $0, of: peer, clock) },
            mtu: status?.session?.packetByteLimit,
            traffic: status.map { TrafficReport($0) } ?? TrafficReport(),
            counters: [
                DropReason.addressNotOwned.name: status?.addressesNotOwned ?? 0,
                DropReason.icmpErrorNotOwned.name: status?.icmpErrorsNotOwned ?? 0,
                DropReason.malformedPacket.name: status?.malformedPackets ?? 0,
                DropReason.packetTooBig.name: status?.packetsTooBig ?? 0,
            ], clock: status?.clock.map { ClockReport($0, at: clock.date($0.at)) },
            refusedHandshake: status?.lastRefusedHandshake.flatMap { report(on: $0, of: id, clock) })
    }

    private func report(
        on attempts: UnansweredAttempts, of peer: KnownPeer, _ clock: ReportClock
    ) -> UnansweredReport {
        UnansweredReport(
            since: clock.date(attempts.since), attempts: attempts.count, from: "\(configuration.agent.listen)",
            to: "\(peer.member.definition.endpoint)")
    }

    /// Everything that is known of a peer.
    private func evaluated(_ peer: KnownPeer, _ id: PeerID, _ clock: ReportClock) -> Case {
        let facts = peer.knownFacts
        return Case(
            local: localFacts, peer: facts, claims: peer.claims,
            path: judgementContext(at: clock.date).evidence(path(to: id), of: peer, facts), policy: policy)
    }

    private func witnessReports(
        of evaluated: Case, _ path: PathObservation, _ clock: ReportClock
    ) -> [WitnessReport] {
        evaluated.results(of: Rules.ofPath).map { result in
            let seenAt =
                switch result.rule {
                case .translation: (path.mismatch?.translation ?? path.translation).map { clock.date($0.at) }
                case .forwarding: (path.mismatch?.forwarding ?? path.forwarding).map { clock.date($0.at) }
                case .mtu:
                    ((path.mismatch?.fragmentation ?? path.fragmentation)?.at ?? path.mtu?.at).map { clock.date($0) }
                case .routes: routes?.snapshot.takenAt
                default: nil as Date?
                }
            return WitnessReport(result, at: seenAt)
        }
    }

    /// The current verdict; with `source`, also on packets from that address.
    func check(peerNamed name: String, source: IPAddress?, _ clock: ReportClock) throws(ControlError) -> CheckReport {
        guard let id = idByName[name], let peer = peers[id] else {
            throw ControlError(.notFound, "there is no peer \(ValueParser.quoted(name))")
        }
        let facts = peer.knownFacts
        let evaluated = evaluated(peer, id, clock)
        var verdict = peer.handshakes.verdict(evaluated.reasons(), of: evaluated, stated: peer.facts)
        if let source, let reason = AddressesRule.reason(against: source, of: facts.facts) {
            verdict = .refused(verdict.reasons + [reason])
        }
        let status = tunnel.status(of: id)
        return CheckReport(
            peer: name, source: source.map { "\($0)" }, verdict: verdict,
            state: PeerReport.State(status?.state, peer.verdict),
            unanswered: status?.unanswered.map { report(on: $0, of: peer, clock) },
            refusedByPeer: status?.refusalByPeer.map(Self.reasons(decoding:)), local: localFacts.facts,
            remote: facts.facts, rules: RuleReport.relaxed(in: evaluated),
            path: witnessReports(of: evaluated, path(to: id), clock),
            refusedHandshake: status?.lastRefusedHandshake.flatMap { report(on: $0, of: id, clock) })
    }

    /// Drops by reason, of all lanes, of handshakes and of the overlay filter.
    func counters() -> [String: UInt64] {
        var total = tunnel.drops
        for report in reports.values { total += report.drops }
        var counters = Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0.name, total[$0]) })
        let filtered = filter.counts()
        counters["cleartext-in"] = filtered.received
        counters["cleartext-out"] = filtered.sent
        return counters
    }

    /// Sums over all peers.
    func peerSums() -> PeerSums {
        peers.reduce(into: PeerSums(traffic: pastTraffic)) { sums, entry in
            let status = tunnel.status(of: entry.key)
            sums.states.append(PeerReport.State(status?.state, entry.value.verdict))
            sums.verdicts.add(entry.value.verdict.outcome)
            if let status { sums.traffic += TrafficReport(status) }
            for lane in status?.session?.lanes ?? [] {
                sums.lanes[PeerReport.Lane.State(lane.state), default: 0] += 1
            }
            sums.refusals.add(
                byThisHost: entry.value.verdict.reasons,
                byPeer: status?.refusalByPeer.map(Self.reasons(decoding:)) ?? [])
        }
    }
}

struct PeerSums {
    /// One entry a peer.
    var states: [PeerReport.State] = []
    var verdicts = VerdictCounts()
    /// Since the agent's start, former peers included.
    var traffic: TrafficReport
    var refusals = RefusalCounts()
    var lanes: [PeerReport.Lane.State: Int] = [:]
}

extension HandshakeCounts {
    mutating func count(_ event: TunnelEvent) {
        switch event {
        case .established: established += 1
        case .refused: refused += 1
        case .refusedByPeer: refusedByPeer += 1
        case .unreachable: unanswered += 1
        case .cannotInitiate, .silent, .ended, .lanesFailed, .clockDiffers, .handshakeNotAccepted, .strangerHeard: break
        }
    }
}

/// One moment on both clocks: converts the tunnel's moments into dates.
struct ReportClock: Sendable {
    let now: Now
    let date: Date

    static func ofHost() -> ReportClock {
        ReportClock(now: .ofHost(), date: Date())
    }

    func secondsSince(_ moment: MonotonicTime) -> Int {
        Int(now.monotonic.since(moment).components.seconds)
    }

    func date(_ moment: MonotonicTime) -> Date {
        let (seconds, attoseconds) = now.monotonic.since(moment).components
        return date.addingTimeInterval(-Double(seconds) - Double(attoseconds) / 1e18)
    }
}

extension PeerReport.Lane {
    init(_ lane: PeerStatus.Lane, _ clock: ReportClock) {
        let since: MonotonicTime? =
            switch lane.state {
            case .usable, .validating: nil
            case .silent(let since), .reduced(let since): since
            }
        self.init(
            state: State(lane.state), since: since.map(clock.date), port: lane.port, peerPort: lane.remotePort)
    }
}

extension PeerReport.Lane.State {
    init(_ state: PeerStatus.Lane.State) {
        self =
            switch state {
            case .usable: .inUse
            case .validating: .validating
            case .silent: .silent
            case .reduced: .reduced
            }
    }
}

extension PeerReport.State {
    /// - Parameter verdict: this host's. The tunnel forgets a refusal after a while; the verdict stands.
    fileprivate init(_ state: PeerStatus.State?, _ verdict: Verdict) {
        self =
            switch state {
            case .idle, nil: verdict.outcome == .refused ? .refused : .idle
            case .connecting: .connecting
            case .established: .established
            case .refused: .refused
            case .unreachable: .unreachable
            }
    }
}

extension TrafficReport {
    init(_ status: PeerStatus) {
        self.init(
            sentPackets: status.sent.packets, sentBytes: status.sent.bytes,
            receivedPackets: status.received.packets, receivedBytes: status.received.bytes)
    }

    static func += (total: inout Self, other: Self) {
        total.sentPackets += other.sentPackets
        total.sentBytes += other.sentBytes
        total.receivedPackets += other.receivedPackets
        total.receivedBytes += other.receivedBytes
    }
}
