import FoundationEssentials
import SealaneEligibility

/// The agent as a whole: `GET /v1/status`, `sealane status --json`.
package struct StatusReport: Codable, Sendable, Equatable {
    package var schemaVersion = ReportSchema.version
    /// The version of the agent's program.
    package var version: String
    package var pid: Int32
    /// The tunnel device's name and its MTU in bytes.
    package var interface: String
    package var mtu: Int
    /// The underlay endpoint of lane 0.
    package var listen: String
    /// This host's overlay addresses, each with the length of its network.
    package var addresses: [String]
    package var publicKey: String
    package var fleet: String
    package var startedAt: Date
    package var uptimeSeconds: Int
    /// The number of lanes.
    package var lanes: Int
    /// In the order of the lanes' numbers.
    package var perLane: [LaneStatus]
    /// Every offload that Sealane supports.
    package var offloads: [OffloadStatus]
    /// In order of preference.
    package var cipherSuites: [String]
    package var crypto: CryptoStatus
    package var instance: InstanceReport
    /// The rules that the policy does not let refuse a peer, each with the policy's reaction: warn or ignore. Absent:
    /// none.
    package var rules: [String: Reaction]?
    /// Why this host's own facts or certificate refuse every peer. Absent: they do not.
    package var hostReasons: [Reason]?
    /// Absent: the agent does not ask the service.
    package var instanceMetadata: InstanceMetadataReport?
    /// This host's certificate; absent: it presents no certificate.
    package var identity: CertificateReport?
    /// The revocation lists in force; absent: the configuration names no list.
    package var revocations: [RevocationListReport]?
    package var peers: PeerCounts
    /// The traffic of all peers since the agent's start.
    package var traffic: TrafficReport
    /// Dropped packets and datagrams, by reason. Every reason has a key; 0 means it never occurred.
    package var counters: [String: UInt64]
    /// How often other programs changed the tunnel device and the agent restored it, since its start, by kind: `name`,
    /// `mtu`, `link`, `addresses`, `routes`, `floor`. Absent: the agent's version does not report it.
    package var repairs: [String: UInt64]?
    /// The packet filter that keeps packets of the overlay inside the tunnel.
    package var overlayFilter: OverlayFilterStatus?
    /// The latest hosts that began handshakes without being peers. Absent: there were none.
    package var strangers: [StrangerReport]?

    package struct OverlayFilterStatus: Codable, Sendable, Equatable {
        /// The nf_tables table: `inet sealane-sealane0`.
        package var table: String
        /// False: the kernel does not drop overlay packets that arrive or leave in the clear.
        package var inPlace: Bool
        /// Why it is not in place.
        package var reason: String?
        /// The number of prefixes that it protects.
        package var prefixes: Int
        /// How often the agent has restored it after another program had changed or removed it.
        package var repairs: UInt64

        package init(table: String, inPlace: Bool, reason: String? = nil, prefixes: Int, repairs: UInt64) {
            self.table = table
            self.inPlace = inPlace
            self.reason = reason
            self.prefixes = prefixes
            self.repairs = repairs
        }
    }

    /// How a lane exchanged packets with the kernel since the agent's start.
    package struct LaneStatus: Codable, Sendable, Equatable {
        /// The UDP port.
        package var port: UInt16
        package var superPacketsRead: UInt64
        package var messagesSent: UInt64
        package var datagramsSent: UInt64
        package var messagesReceived: UInt64
        package var datagramsReceived: UInt64
        package var writes: UInt64
        package var packetsWritten: UInt64
        package var sleeps: UInt64

        package init(
            port: UInt16, superPacketsRead: UInt64 = 0, messagesSent: UInt64 = 0, datagramsSent: UInt64 = 0,
            messagesReceived: UInt64 = 0, datagramsReceived: UInt64 = 0, writes: UInt64 = 0, packetsWritten: UInt64 = 0,
            sleeps: UInt64 = 0
        ) {
            self.port = port
            self.superPacketsRead = superPacketsRead
            self.messagesSent = messagesSent
            self.datagramsSent = datagramsSent
            self.messagesReceived = messagesReceived
            self.datagramsReceived = datagramsReceived
            self.writes = writes
            self.packetsWritten = packetsWritten
            self.sleeps = sleeps
        }
    }

    package struct CryptoStatus: Codable, Sendable, Equatable {
        /// The library that encrypts.
        package var provider: String
        /// Why the agent chose it.
        package var reason: String

        package init(provider: String, reason: String) {
            self.provider = provider
            self.reason = reason
        }
    }

    package struct OffloadStatus: Codable, Sendable, Equatable {
        package var name: String
        /// The configuration's setting: auto, on or off.
        package var setting: String
        /// Whether all lanes use it.
        package var on: Bool
        /// Why not all lanes use it.
        package var reason: String?

        package init(name: String, setting: String, on: Bool, reason: String? = nil) {
            self.name = name
            self.setting = setting
            self.on = on
            self.reason = reason
        }
    }

    /// The number of peers, in total and by state.
    package struct PeerCounts: Codable, Sendable, Equatable {
        package var total: Int
        package var idle: Int
        package var connecting: Int
        package var established: Int
        package var refused: Int
        package var unreachable: Int
        /// By this host's verdict; absent: the agent is older than this key.
        package var verdicts: VerdictCounts?

        package init(_ states: some Sequence<PeerReport.State>, _ verdicts: VerdictCounts? = nil) {
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

    package init(
        version: String = Release.version, pid: Int32, interface: String, mtu: Int, listen: String,
        addresses: [String], publicKey: String, fleet: String, startedAt: Date, uptimeSeconds: Int,
        perLane: [LaneStatus],
        offloads: [OffloadStatus],
        cipherSuites: [String], crypto: CryptoStatus, instance: InstanceReport,
        rules: [String: Reaction]? = nil, hostReasons: [Reason]? = nil,
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
        self.hostReasons = hostReasons
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
