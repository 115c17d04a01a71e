import FoundationEssentials
import SealaneEligibility
import SealaneFleet

/// One peer: `GET /v1/peers/NAME`, `sealane peer show NAME --json`.
package struct PeerReport: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// No session, and nothing that asks for one.
        case idle
        case connecting
        case established
        /// By this host's verdict or by the peer's.
        case refused
        /// It did not answer the attempts of a while.
        case unreachable
    }

    /// Who named the peer.
    package enum Origin: String, Codable, Sendable {
        case config
        /// By hand, with `sealane peer add`.
        case added
    }

    package struct Session: Codable, Sendable, Equatable {
        package var suite: String
        package var ageSeconds: Int
        /// Whether this host began the handshake.
        package var initiator: Bool
        package var laneCount: Int
        /// Sessions with this peer before this one, since the agent has known it.
        package var rekeys: UInt64
        /// Of this host, by their numbers.
        package var lanes: [Lane]

        package init(
            suite: String, ageSeconds: Int, initiator: Bool, laneCount: Int, rekeys: UInt64, lanes: [Lane] = []
        ) {
            self.suite = suite
            self.ageSeconds = ageSeconds
            self.initiator = initiator
            self.laneCount = laneCount
            self.rekeys = rekeys
            self.lanes = lanes
        }

        /// Agents of earlier builds do not tell of lanes.
        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            suite = try container.decode(String.self, forKey: .suite)
            ageSeconds = try container.decode(Int.self, forKey: .ageSeconds)
            initiator = try container.decode(Bool.self, forKey: .initiator)
            laneCount = try container.decode(Int.self, forKey: .laneCount)
            rekeys = try container.decode(UInt64.self, forKey: .rekeys)
            lanes = try container.decodeIfPresent([Lane].self, forKey: .lanes) ?? []
        }
    }

    /// One of this host's lanes, as it stands with the peer.
    package struct Lane: Codable, Sendable, Equatable {
        package enum State: String, Codable, Sendable, CaseIterable {
            /// It carries packets. Lane 0 always does.
            case inUse = "in-use"
            /// Lane 0 carries its packets until the peer has answered its probe.
            case validating
            /// Lane 0 carries its packets: its probes are not answered.
            case silent
            /// Lane 0 carries its packets: datagrams of full size do not arrive on this lane.
            case reduced
        }

        package var state: State
        /// Since when the lane has been silent or reduced.
        package var since: Date?
        /// This host's UDP port, and the peer's.
        package var port: UInt16
        package var peerPort: UInt16

        package init(state: State, since: Date? = nil, port: UInt16, peerPort: UInt16) {
            self.state = state
            self.since = since
            self.port = port
            self.peerPort = peerPort
        }
    }

    package var schemaVersion = ReportSchema.version
    package var name: String
    package var publicKey: String
    package var endpoint: String
    package var addresses: [String]
    package var origin: Origin
    package var presharedKey: Bool
    package var instance: InstanceReport
    /// What the peer last presented, accepted or not; absent: nothing, or nothing that could be read.
    package var certificate: CertificateReport?
    package var state: State
    /// This host's own.
    package var verdict: VerdictReport
    /// What the peer answered when it refused; absent when it has not.
    package var refusedByPeer: [Reason]?
    /// The rules that the policy does not let refuse the peer; absent: each may.
    package var rules: [RuleReport]?
    /// What each witness of the path says.
    package var path: [WitnessReport]
    package var session: Session?
    package var lastHandshakeAt: Date?
    /// Absent: no initiation waits for its answer.
    package var unanswered: UnansweredReport?
    /// The greatest inner packet that reaches the peer, in bytes, if a session says so.
    package var mtu: Int?
    package var traffic: TrafficReport
    /// Packets and datagrams of this peer that went no further, by reason.
    package var counters: [String: UInt64]
    /// What a handshake told of the clocks; absent: they agree, as far as is known.
    package var clock: ClockReport?
    /// Why the last handshake message of the peer, or from its endpoint, that was not accepted was not; absent: there was none.
    package var refusedHandshake: RefusedHandshakeReport?

    /// - Parameter facts: what is known of the peer's instance; nil: what the definition states.
    package init(
        _ definition: PeerDefinition, origin: Origin, facts: Facts? = nil,
        certificate: CertificateReport? = nil, state: State, verdict: Verdict,
        refusedByPeer: [Reason]? = nil, rules: [RuleReport]? = nil, path: [WitnessReport] = [], session: Session? = nil,
        lastHandshakeAt: Date? = nil, unanswered: UnansweredReport? = nil,
        mtu: Int? = nil,
        traffic: TrafficReport = TrafficReport(), counters: [String: UInt64] = [:],
        clock: ClockReport? = nil, refusedHandshake: RefusedHandshakeReport? = nil
    ) {
        name = definition.name
        publicKey = "\(definition.publicKey)"
        endpoint = "\(definition.endpoint)"
        addresses = definition.addresses.map { "\($0)" }
        self.origin = origin
        presharedKey = definition.presharedKeyFile != nil
        instance = InstanceReport(facts ?? definition.facts)
        self.certificate = certificate
        self.state = state
        self.verdict = VerdictReport(verdict)
        self.refusedByPeer = refusedByPeer
        self.rules = rules
        self.path = path
        self.session = session
        self.lastHandshakeAt = lastHandshakeAt
        self.unanswered = unanswered
        self.mtu = mtu
        self.traffic = traffic
        self.counters = counters
        self.clock = clock
        self.refusedHandshake = refusedHandshake
    }
}
