import Foundation
import SealaneAEAD
import SealaneAgent
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneLinux

/// One agent with four peers, as reports. The clock stands at 2026-01-02 03:04:05 UTC.
enum SampleReports {
    static let now = Date(timeIntervalSince1970: 1_767_323_045)
    static let plain = ReportStyle(isColoured: false, now: now)
    static let coloured = ReportStyle(isColoured: true, now: now)

    static let typeReason = Reason(
        code: .peerTypeUnsupported, observed: "t3.micro", required: "a family that encrypts",
        source: "stated by operator; catalog")
    static let vpcReason = Reason(
        code: .vpcNotShared, observed: "local vpc-0a, peer vpc-0d", required: "one VPC", source: "stated by operator")

    static func definition(_ name: String, _ host: Int, type: String, secret: String? = nil) throws -> PeerDefinition {
        try PeerRecord(
            name: name, endpoint: "10.77.0.\(host):7325", publicKey: ConfigurationText.key(UInt8(host)),
            addresses: ["10.78.0.\(host)/32"],
            instance: InstanceRecord([.instanceType: type, .region: "us-east-1", .vpc: "vpc-0a"]),
            presharedKeyFile: secret
        )
        .definition()
    }

    static func established() throws -> PeerReport {
        PeerReport(
            try definition("b", 2, type: "m5n.xlarge", secret: "/etc/sealane/b.psk"), origin: .config,
            state: .established, verdict: .eligible,
            session: PeerReport.Session(
                suite: "AES-256-GCM", ageSeconds: 72, initiator: true, laneCount: 1, rekeys: 3),
            lastHandshakeAt: now.addingTimeInterval(-72), mtu: 1440,
            traffic: TrafficReport(
                sentPackets: 1, sentBytes: 1500, receivedPackets: 900_000, receivedBytes: 1_288_490_188),
            counters: ["replayed": 2, "not-authentic": 0])
    }

    /// Of four lanes, the second is in use, and the others are silent, reduced, silent.
    static func withLanes() throws -> PeerReport {
        var report = try established()
        let states: [PeerReport.Lane.State] = [.inUse, .inUse, .silent, .reduced, .silent, .silent]
        report.session?.lanes = states.enumerated().map { number, state in
            PeerReport.Lane(
                state: state, since: state == .silent ? now : nil, port: 7325 + UInt16(number),
                peerPort: 7000 + UInt16(number % 3))
        }
        return report
    }

    static func refused() throws -> PeerReport {
        PeerReport(
            try definition("c", 3, type: "t3.micro"), origin: .added, state: .refused,
            verdict: .refused([typeReason, vpcReason]))
    }

    static func refusedByPeer() throws -> PeerReport {
        PeerReport(
            try definition("d", 4, type: "c5n.large"), origin: .config, state: .refused,
            verdict: .unjudged(missing: [.claims]),
            refusedByPeer: [
                Reason(code: .localTypeUnsupported, observed: "c5n.large", required: "", source: ""),
                Reason(code: .localTypeUnsupported, observed: "again", required: "", source: ""),
            ])
    }

    static func unreachable() throws -> PeerReport {
        PeerReport(
            try definition("e", 6, type: "c5n.large"), origin: .config, state: .unreachable,
            verdict: .unjudged(missing: [.claims]),
            unanswered: UnansweredReport(
                since: now.addingTimeInterval(-65), attempts: 13, from: "10.77.0.1:7325", to: "10.77.0.6:7325"))
    }

    static func withRefusedHandshake() throws -> PeerReport {
        var report = try unreachable()
        report.refusedHandshake = RefusedHandshakeReport(
            at: now.addingTimeInterval(-3), source: "10.77.0.6:7325", reason: .keysSwapped, proven: true,
            observed: "it was seen", remedy: "swap them back", otherPeer: "b", publicKey: ConfigurationText.key(2))
        return report
    }

    static func verdicts() throws -> VerdictCounts {
        try list().peers.reduce(into: VerdictCounts()) { $0.add($1.verdict.verdict) }
    }

    static func list() throws -> PeerListReport {
        let idle = PeerReport(
            try definition("long-name", 5, type: "c5n.large"), origin: .config, state: .idle,
            verdict: .unjudged(missing: [.claims, .certificate, .mtu]))
        return PeerListReport(peers: [idle, try refusedByPeer(), try refused(), try established()])
    }

    static func status() throws -> StatusReport {
        var facts = try definition("a", 1, type: "c5n.18xlarge").facts
        facts[.instanceID] = Fact("i-0a", .certificate)
        var lane = LaneCounters()
        (lane.messagesSent, lane.datagramsSent) = (3, 100)
        let plan = OffloadPlan([.gso: .off], findings: [.uso: "it is not known"])
        return StatusReport(
            pid: 4711, interface: "sealane0", mtu: 1440, listen: "10.77.0.1:7325", addresses: ["10.78.0.1/24"],
            publicKey: ConfigurationText.key(9), fleet: "sealane", startedAt: now.addingTimeInterval(-90_000),
            uptimeSeconds: 90_000, perLane: [StatusReport.LaneStatus(port: 7325, lane)],
            offloads: plan.states.map { StatusReport.OffloadStatus($0, losses: []) },
            cipherSuites: ["AES-256-GCM", "ChaCha20-Poly1305"],
            crypto: StatusReport.CryptoStatus(try AEADProvider.choose(.libsodium)),
            instance: InstanceReport(facts),
            peers: StatusReport.PeerCounts(try list().peers.map(\.state), try verdicts()),
            traffic: TrafficReport(
                sentPackets: 1, sentBytes: 1500, receivedPackets: 900_000, receivedBytes: 1_288_490_188),
            counters: ["replayed": 2, "peer-refused": 40, "not-authentic": 0], repairs: ["floor": 0, "routes": 2])
    }

    static func metrics() throws -> MetricsReport {
        var handshakes = HandshakeCounts()
        (handshakes.established, handshakes.refused, handshakes.refusedByPeer, handshakes.unanswered) = (9, 8, 7, 6)
        var refusals = RefusalCounts()
        for peer in try list().peers {
            refusals.add(byThisHost: peer.verdict.reasons, byPeer: peer.refusedByPeer ?? [])
        }
        return MetricsReport(
            status: try status(), handshakes: handshakes, refusals: refusals, auditLinesLost: 3, logLinesLost: 6,
            logLinesSuppressed: 7, auditLinesSuppressed: 5, unlockedSecrets: 2,
            process: ProcessUsage(processorSeconds: 12.5, residentByteCount: 30_000_000, virtualByteCount: 400_000_000))
    }
}
