import FoundationEssentials
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
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
            facts: PeerFacts(stated: peer.facts, certificate: peer.certificate).facts,
            certificate: PresentedIdentity(credential: peer.credential).flatMap { presented in
                (try? IdentityCertificate(der: presented.certificate)).map { CertificateReport($0) }
            },
            state: PeerReport.State(status?.state),
            verdict: peer.verdict ?? .eligible, refusedByPeer: status?.refusalByPeer.map(Self.reasons(decoding:)),
            session: session, lastHandshakeAt: status?.lastHandshakeAt.map(clock.date),
            mtu: status?.session?.packetByteLimit,
            traffic: TrafficReport(sent: status?.sent ?? Traffic(), received: status?.received ?? Traffic()),
            counters: [
                DropReason.addressNotOwned.name: status?.addressesNotOwned ?? 0,
                DropReason.malformedPacket.name: status?.malformedPackets ?? 0,
                DropReason.packetTooBig.name: status?.packetsTooBig ?? 0,
            ])
    }

    /// The verdict by what is known now; with `source`, also on packets that come from there.
    func check(peerNamed name: String, source: IPAddress?) throws(ControlError) -> CheckReport {
        guard let id = idByName[name], let peer = peers[id] else {
            throw ControlError(.notFound, "there is no peer \(OperatorText.quoted(name))")
        }
        let facts = PeerFacts(stated: peer.facts, certificate: peer.certificate)
        var reasons = judge(local: localFacts, peer: facts, statement: peer.statement, policy: policy).reasons
        if let source, let reason = judgeSource(source, peer: facts.facts) { reasons.append(reason) }
        return CheckReport(
            peer: name, source: source.map { "\($0)" }, verdict: reasons.isEmpty ? .eligible : .refused(reasons),
            refusedByPeer: tunnel.status(of: id)?.refusalByPeer.map(Self.reasons(decoding:)), local: localFacts.facts,
            remote: facts.facts)
    }

    /// How often each thing was dropped, by all lanes and by the handshakes.
    func counters() -> [String: UInt64] {
        var total = tunnel.drops
        for report in reports.values { total += report.drops }
        return Dictionary(uniqueKeysWithValues: DropReason.allCases.map { ($0.name, total[$0]) })
    }

    func peerStates() -> [PeerReport.State] {
        peers.keys.map { PeerReport.State(tunnel.status(of: $0)?.state) }
    }

    /// Of all peers that are there.
    func traffic() -> TrafficReport {
        var (sent, received) = (Traffic(), Traffic())
        for id in peers.keys {
            guard let status = tunnel.status(of: id) else { continue }
            sent += status.sent
            received += status.received
        }
        return TrafficReport(sent: sent, received: received)
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
    fileprivate init(sent: Traffic, received: Traffic) {
        self.init(
            sentPackets: sent.packets, sentBytes: sent.bytes, receivedPackets: received.packets,
            receivedBytes: received.bytes)
    }
}
