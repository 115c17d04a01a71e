import Foundation
import SealaneControl
import SealaneEligibility
import SealaneFleet

/// One agent with four peers, as reports. The clock stands at 2026-01-02 03:04:05 UTC.
package enum SampleReports {
    package static let now = Date(timeIntervalSince1970: 1_767_323_045)

    package static let typeReason = Reason(
        code: .peerTypeUnsupported, observed: "t3.micro", required: "a family that encrypts",
        source: "stated by operator; catalog")
    package static let vpcReason = Reason(
        code: .vpcNotShared, observed: "local vpc-0a, peer vpc-0d", required: "one VPC", source: "stated by operator")

    package static func definition(_ name: String, _ host: Int, type: String, secret: String? = nil) throws
        -> PeerDefinition
    {
        try PeerRecord(
            name: name, endpoint: "10.77.0.\(host):7325", publicKey: ConfigurationText.key(UInt8(host)),
            addresses: ["10.78.0.\(host)/32"],
            instance: InstanceRecord([.instanceType: type, .region: "us-east-1", .vpc: "vpc-0a"]),
            presharedKeyFile: secret
        )
        .definition()
    }

    package static func established() throws -> PeerReport {
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
    package static func withLanes() throws -> PeerReport {
        var report = try established()
        let states: [PeerReport.Lane.State] = [.inUse, .inUse, .silent, .reduced, .silent, .silent]
        report.session?.lanes = states.enumerated().map { number, state in
            PeerReport.Lane(
                state: state, since: state == .silent ? now : nil, port: 7325 + UInt16(number),
                peerPort: 7000 + UInt16(number % 3))
        }
        return report
    }

    package static func refused() throws -> PeerReport {
        PeerReport(
            try definition("c", 3, type: "t3.micro"), origin: .added, state: .refused,
            verdict: .refused([typeReason, vpcReason]))
    }

    package static func refusedByPeer() throws -> PeerReport {
        PeerReport(
            try definition("d", 4, type: "c5n.large"), origin: .config, state: .refused,
            verdict: .unjudged(missing: [.claims]),
            refusedByPeer: [
                Reason(code: .localTypeUnsupported, observed: "c5n.large", required: "", source: ""),
                Reason(code: .localTypeUnsupported, observed: "again", required: "", source: ""),
            ])
    }

    package static func unreachable() throws -> PeerReport {
        PeerReport(
            try definition("e", 6, type: "c5n.large"), origin: .config, state: .unreachable,
            verdict: .unjudged(missing: [.claims]),
            unanswered: UnansweredReport(
                since: now.addingTimeInterval(-65), attempts: 13, from: "10.77.0.1:7325", to: "10.77.0.6:7325"))
    }

    package static func withRefusedHandshake() throws -> PeerReport {
        var report = try unreachable()
        report.refusedHandshake = RefusedHandshakeReport(
            at: now.addingTimeInterval(-3), source: "10.77.0.6:7325", reason: .keysSwapped, proven: true,
            observed: "it was seen", remedy: "swap them back", otherPeer: "b", publicKey: ConfigurationText.key(2))
        return report
    }

    package static func verdicts() throws -> VerdictCounts {
        try list().peers.reduce(into: VerdictCounts()) { $0.add($1.verdict.verdict) }
    }

    package static func list() throws -> PeerListReport {
        let idle = PeerReport(
            try definition("long-name", 5, type: "c5n.large"), origin: .config, state: .idle,
            verdict: .unjudged(missing: [.claims, .certificate, .mtu]))
        return PeerListReport(peers: [idle, try refusedByPeer(), try refused(), try established()])
    }

    package static func status() throws -> StatusReport {
        var facts = try definition("a", 1, type: "c5n.18xlarge").facts
        facts[.instanceID] = Fact("i-0a", .certificate)
        let off = ["gso": ("off", "the configuration says off"), "uso": ("auto", "it is not known")]
        return StatusReport(
            pid: 4711, interface: "sealane0", mtu: 1440, listen: "10.77.0.1:7325", addresses: ["10.78.0.1/24"],
            publicKey: ConfigurationText.key(9), fleet: "sealane", startedAt: now.addingTimeInterval(-90_000),
            uptimeSeconds: 90_000, perLane: [StatusReport.LaneStatus(port: 7325, messagesSent: 3, datagramsSent: 100)],
            offloads: ["checksum", "tso4", "tso6", "uso", "gso", "gro"].map { name in
                StatusReport.OffloadStatus(
                    name: name, setting: off[name]?.0 ?? "auto", on: off[name] == nil, reason: off[name]?.1)
            },
            cipherSuites: ["AES-256-GCM", "ChaCha20-Poly1305"],
            crypto: StatusReport.CryptoStatus(provider: "libsodium", reason: "as configured"),
            instance: InstanceReport(facts),
            peers: StatusReport.PeerCounts(try list().peers.map(\.state), try verdicts()),
            traffic: TrafficReport(
                sentPackets: 1, sentBytes: 1500, receivedPackets: 900_000, receivedBytes: 1_288_490_188),
            counters: ["replayed": 2, "peer-refused": 40, "not-authentic": 0], repairs: ["floor": 0, "routes": 2])
    }
}
