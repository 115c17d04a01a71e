import FoundationEssentials
import SealaneAEAD
import SealaneDataplane
import SealaneEligibility

/// The agent as a whole: `GET /v1/status`, `sealane status --json`.
public struct StatusReport: Codable, Sendable, Equatable {
    public var schemaVersion = ReportSchema.version
    /// Of the agent's program.
    public var version: String
    public var pid: Int32
    /// The tunnel device's name and its MTU in bytes.
    public var interface: String
    public var mtu: Int
    /// The underlay endpoint of lane 0.
    public var listen: String
    /// This host's overlay addresses, each with the length of its network.
    public var addresses: [String]
    public var publicKey: String
    public var fleet: String
    public var startedAt: Date
    public var uptimeSeconds: Int
    /// How many there are.
    public var lanes: Int
    /// By the lanes' numbers.
    public var perLane: [LaneStatus]
    /// All that Sealane knows.
    public var offloads: [OffloadStatus]
    /// In the order of preference.
    public var cipherSuites: [String]
    public var crypto: CryptoStatus
    public var instance: InstanceReport
    /// The rules that the policy does not let refuse a peer, with what it makes of each: warn or ignore. Absent: none.
    public var rules: [String: Reaction]?
    /// Absent: it is not asked.
    public var instanceMetadata: InstanceMetadataReport?
    /// This host's certificate; absent: it presents none.
    public var identity: CertificateReport?
    /// The revocation lists in force, by their authorities; absent: none is named.
    public var revocations: [RevocationListReport]?
    public var peers: PeerCounts
    /// Of all peers since the agent's start.
    public var traffic: TrafficReport
    /// Packets and datagrams that went no further, by reason. A reason that never occurred is there with 0.
    public var counters: [String: UInt64]
    /// What others changed of the tunnel device and the agent put back, since its start: `name`, `mtu`, `link`, `addresses`,
    /// `routes`, `floor`. Absent: the agent is of a version that does not.
    public var repairs: [String: UInt64]?
    /// What keeps packets of the overlay inside the tunnel.
    public var overlayFilter: OverlayFilterStatus?
    /// Hosts that are no peers and begin handshakes: those that were heard last. Absent: there were none.
    public var strangers: [StrangerReport]?

    public struct OverlayFilterStatus: Codable, Sendable, Equatable {
        /// In nf_tables: `inet sealane-sealane0`.
        public var table: String
        /// False: packets of the overlay that arrive or leave in clear are not dropped.
        public var inPlace: Bool
        /// Why it is not in place.
        public var reason: String?
        /// How many prefixes it keeps.
        public var prefixes: Int
        /// How often the agent has put it back after another program had changed or removed it.
        public var repairs: UInt64

        public init(table: String, inPlace: Bool, reason: String? = nil, prefixes: Int, repairs: UInt64) {
            self.table = table
            self.inPlace = inPlace
            self.reason = reason
            self.prefixes = prefixes
            self.repairs = repairs
        }
    }

    /// How a lane's packets went through the kernel since the agent started.
    public struct LaneStatus: Codable, Sendable, Equatable {
        /// The UDP port.
        public var port: UInt16
        public var superPacketsRead: UInt64
        public var messagesSent: UInt64
        public var datagramsSent: UInt64
        public var messagesReceived: UInt64
        public var datagramsReceived: UInt64
        public var writes: UInt64
        public var packetsWritten: UInt64
        public var sleeps: UInt64

        public init(port: UInt16, _ counters: LaneCounters) {
            self.port = port
            superPacketsRead = counters.superPacketsRead
            messagesSent = counters.messagesSent
            datagramsSent = counters.datagramsSent
            messagesReceived = counters.messagesReceived
            datagramsReceived = counters.datagramsReceived
            writes = counters.writes
            packetsWritten = counters.packetsWritten
            sleeps = counters.sleeps
        }
    }

    public struct CryptoStatus: Codable, Sendable, Equatable {
        /// Whose code encrypts.
        public var provider: String
        /// Why this one.
        public var reason: String

        public init(_ choice: AEADProvider.Choice) {
            provider = "\(choice.provider)"
            reason = choice.reason
        }
    }

    public struct OffloadStatus: Codable, Sendable, Equatable {
        public var name: String
        /// auto, on or off: the configuration's.
        public var setting: String
        /// Whether it is in use, by all lanes.
        public var on: Bool
        /// Why not.
        public var reason: String?

        public init(_ state: OffloadState, losses: [OffloadLoss]) {
            name = state.offload.rawValue
            setting = state.setting.rawValue
            let loss = losses.first { $0.offload == state.offload }
            on = state.isOn && loss == nil
            reason = state.reasonOff ?? loss.map { "in use until refused: \($0.error)" }
        }
    }

    /// How many peers there are, in all and by state.
    public struct PeerCounts: Codable, Sendable, Equatable {
        public var total: Int
        public var idle: Int
        public var connecting: Int
        public var established: Int
        public var refused: Int
        public var unreachable: Int
        /// By this host's verdict; absent: an agent of before there were three does not say.
        public var verdicts: VerdictCounts?

        public init(_ states: some Sequence<PeerReport.State>, _ verdicts: VerdictCounts? = nil) {
            self.verdicts = verdicts
            var counts: [PeerReport.State: Int] = [:]
            for state in states { counts[state, default: 0] += 1 }
            total = counts.values.reduce(0, +)
            idle = counts[.idle, default: 0]
            connecting = counts[.connecting, default: 0]
            established = counts[.established, default: 0]
            refused = counts[.refused, default: 0]
            unreachable = counts[.unreachable, default: 0]
        }
    }

    public init(
        version: String = Release.version, pid: Int32, interface: String, mtu: Int, listen: String,
        addresses: [String], publicKey: String, fleet: String, startedAt: Date, uptimeSeconds: Int,
        perLane: [LaneStatus],
        offloads: [OffloadStatus],
        cipherSuites: [String], crypto: CryptoStatus, instance: InstanceReport,
        rules: [String: Reaction]? = nil,
        instanceMetadata: InstanceMetadataReport? = nil, identity: CertificateReport? = nil,
        revocations: [RevocationListReport]? = nil, peers: PeerCounts,
        traffic: TrafficReport,
        counters: [String: UInt64], repairs: [String: UInt64]? = nil, overlayFilter: OverlayFilterStatus? = nil,
        strangers: [StrangerReport]? = nil
    ) {
        self.version = version
        self.pid = pid
        self.interface = interface
        self.mtu = mtu
        self.listen = listen
        self.addresses = addresses
        self.publicKey = publicKey
        self.fleet = fleet
        self.startedAt = startedAt
        self.uptimeSeconds = uptimeSeconds
        lanes = perLane.count
        self.perLane = perLane
        self.offloads = offloads
        self.cipherSuites = cipherSuites
        self.crypto = crypto
        self.instance = instance
        self.rules = rules
        self.instanceMetadata = instanceMetadata
        self.identity = identity
        self.revocations = revocations
        self.peers = peers
        self.traffic = traffic
        self.counters = counters
        self.repairs = repairs
        self.overlayFilter = overlayFilter
        self.strangers = strangers
    }
}
