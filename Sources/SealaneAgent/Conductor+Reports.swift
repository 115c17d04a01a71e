import FoundationEssentials
import SealaneEligibility
import SealaneFleet
import SealanePacket
import SealaneTunnel

/// What people are told, as of the lanes' last reports.
extension Conductor {
    func report(onPeerNamed name: String, _ clock: ReportClock) throws(ControlError) -> PeerReport {
        guard let id = idByName[name], let peer = peers[id] else {
            throw ControlError(.notFound, "there is no peer \(OperatorText.quoted(name))")
        }
        return report(on: peer, id, clock)
    }

    func reportOnPeers(_ clock: ReportClock) -> PeerListReport {
        PeerListReport(peers: peers.map { id, peer in report(on: peer, id, clock) })
    }

    private func report(on peer: KnownPeer, _ id: PeerID, _ clock: ReportClock) -> PeerReport {
        let status = tunnel.status(of: id)
        let session = status?.session.map {
            PeerReport.Session(
                suite: "\($0.suite)", ageSeconds: clock.secondsSince($0.establishedAt), initiator: $0.isInitiator,
                laneCount: Int($0.laneCount), rekeys: (status?.sessionCount ?? 1) - 1)
        }
        return PeerReport(
            peer.member.definition, origin: peer.member.origin,
            facts: peer.knownFacts.facts, certificate: peer.presented?.report,
            state: PeerReport.State(status?.state),
            verdict: peer.verdict ?? .eligible, refusedByPeer: status?.refusalByPeer.map(Self.reasons(decoding:)),
            path: witnessReports(of: peer, id, clock), session: session,
            lastHandshakeAt: status?.lastHandshakeAt.map(clock.date),
            mtu: status?.session?.packetByteLimit,
            traffic: status.map { TrafficReport($0) } ?? TrafficReport(),
            counters: [
                DropReason.addressNotOwned.name: status?.addressesNotOwned ?? 0,
                DropReason.icmpErrorNotOwned.name: status?.icmpErrorsNotOwned ?? 0,
                DropReason.malformedPacket.name: status?.malformedPackets ?? 0,
                DropReason.packetTooBig.name: status?.packetsTooBig ?? 0,
            ], clock: status?.clock.map { ClockReport($0, at: clock.date($0.at)) })
    }

    private func evidence(of peer: KnownPeer, _ id: PeerID, _ clock: ReportClock) -> PathEvidence {
        standpoint(at: clock.date).evidence(path(to: id), of: peer, peer.knownFacts)
    }

    private func witnessReports(of peer: KnownPeer, _ id: PeerID, _ clock: ReportClock) -> [WitnessReport] {
        let path = path(to: id)
        return PathTestimony.all(of: evidence(of: peer, id, clock), policy.path).map { testimony in
            let seenAt =
                switch testimony.witness {
                case .translation: path.translation.map { clock.date($0.at) }
                case .forwarding: path.forwarding.map { clock.date($0.at) }
                case .mtu: path.mtu.map { clock.date($0.at) }
                case .routes: routes?.snapshot.takenAt
                }
            return WitnessReport(testimony, at: seenAt)
        }
    }

    /// The verdict by what is known now; with `source`, also on packets that come from there.
    func check(peerNamed name: String, source: IPAddress?, _ clock: ReportClock) throws(ControlError) -> CheckReport {
        guard let id = idByName[name], let peer = peers[id] else {
            throw ControlError(.notFound, "there is no peer \(OperatorText.quoted(name))")
        }
        let facts = peer.knownFacts
        var reasons = judge(local: localFacts, peer: facts, statement: peer.statement, policy: policy)
            .afterHearing(evidence(of: peer, id, clock), policy.path).reasons
        if let source, let reason = judgeSource(source, peer: facts.facts) { reasons.append(reason) }
        return CheckReport(
            peer: name, source: source.map { "\($0)" }, verdict: reasons.isEmpty ? .eligible : .refused(reasons),
            refusedByPeer: tunnel.status(of: id)?.refusalByPeer.map(Self.reasons(decoding:)), local: localFacts.facts,
            remote: facts.facts, path: witnessReports(of: peer, id, clock))
    }

    /// How often each thing was dropped, by all lanes and by the handshakes.
    func counters() -> [String: UInt64] {
        var total = tunnel.drops
        for report in reports.values { total += report.drops }
        return Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0.name, total[$0]) })
    }

    /// What all peers together come to.
    func peerSums() -> PeerSums {
        peers.reduce(into: PeerSums(traffic: pastTraffic)) { sums, entry in
            let status = tunnel.status(of: entry.key)
            sums.states.append(PeerReport.State(status?.state))
            if let status { sums.traffic += TrafficReport(status) }
            sums.refusals.add(
                byThisHost: entry.value.verdict?.reasons ?? [],
                byPeer: status?.refusalByPeer.map(Self.reasons(decoding:)) ?? [])
        }
    }
}

struct PeerSums {
    /// One for each peer.
    var states: [PeerReport.State] = []
    /// Since the agent's start, that of peers that are gone included.
    var traffic: TrafficReport
    var refusals = RefusalCounts()
}

extension HandshakeCounts {
    mutating func count(_ event: TunnelEvent) {
        switch event {
        case .established: established += 1
        case .refused: refused += 1
        case .refusedByPeer: refusedByPeer += 1
        case .unreachable: unanswered += 1
        case .cannotInitiate, .silent, .ended, .clockDiffers: break
        }
    }
}

/// One moment on both clocks: turns the tunnel's moments into dates.
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

extension PeerReport.State {
    fileprivate init(_ state: PeerStatus.State?) {
        self =
            switch state {
            case .idle, nil: .idle
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
