import FoundationEssentials
import SealaneEligibility
import SealaneFleet

/// One peer: `GET /v1/peers/NAME`, `sealane peer show NAME --json`.
package struct PeerReport: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable, CaseIterable {
        /// No session, and no packet asks for one.
        case idle
        case connecting
        case established
        /// Refused, by this host's verdict or by the peer's.
        case refused
        /// The peer did not answer for some time.
        case unreachable
    }

    /// The source that names the peer.
    package enum Origin: String, Codable, Sendable {
        case config
        /// `sealane peer add`.
        case added

        package init(_ origin: PeerOrigin) {
            self =
                switch origin {
                case .configuration: .config
                case .added: .added
                }
        }
    }

    package struct Session: Codable, Sendable, Equatable {
        package var suite: String
        package var ageSeconds: Int
        /// Whether this host began the handshake.
        package var initiator: Bool
        package var laneCount: Int
        /// The number of earlier sessions with this peer.
        package var rekeys: UInt64
        /// This host's lanes, in the order of their numbers.
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

        /// Agents of earlier builds leave `lanes` out.
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

    /// The state of one of this host's lanes towards the peer.
    package struct Lane: Codable, Sendable, Equatable {
        package enum State: String, Codable, Sendable, CaseIterable {
            /// The lane carries packets. Lane 0 is always in use.
            case inUse = "in-use"
            /// Lane 0 carries the lane's packets until the peer answers a probe.
            case validating
            /// Lane 0 carries the lane's packets, because the peer does not answer its probes.
            case silent
            /// Lane 0 carries the lane's packets, because full-size datagrams do not arrive on it.
            case reduced
        }

        package var state: State
        /// When the lane became silent or reduced.
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
    /// The certificate that the peer presented last, whether or not it was accepted. Absent: none, or an unreadable
    /// one.
    package var certificate: CertificateReport?
    package var state: State
    /// This host's verdict.
    package var verdict: VerdictReport
    /// The peer's reasons, if it refused this host; absent: it did not.
    package var refusedByPeer: [Reason]?
    /// The rules that the policy does not let refuse the peer; absent: every rule may refuse.
    package var rules: [RuleReport]?
    /// The finding of each witness of the path.
    package var path: [WitnessReport]
    package var session: Session?
    package var lastHandshakeAt: Date?
    /// Absent: no handshake is waiting for an answer.
    package var unanswered: UnansweredReport?
    /// The greatest inner packet that reaches the peer, in bytes; absent: there is no session.
    package var mtu: Int?
    package var traffic: TrafficReport
    /// Dropped packets and datagrams of this peer, by reason.
    package var counters: [String: UInt64]
    /// The last handshake that was rejected for its time; absent: no such handshake.
    package var clock: ClockReport?
    /// The last rejected handshake message of the peer, or from its endpoint; absent: there was none.
    package var refusedHandshake: RefusedHandshakeReport?

    /// - Parameter facts: the known facts of the peer's instance; nil: those of the definition.
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
