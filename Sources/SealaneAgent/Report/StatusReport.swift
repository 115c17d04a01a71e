import FoundationEssentials

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
    public var lanes: Int
    /// In the order of preference.
    public var cipherSuites: [String]
    public var instance: InstanceReport
    public var peers: PeerCounts
    public var traffic: TrafficReport
    /// Packets and datagrams that went no further, by reason. A reason that never occurred is there with 0.
    public var counters: [String: UInt64]

    /// How many peers there are, in all and by state.
    public struct PeerCounts: Codable, Sendable, Equatable {
        public var total: Int
        public var idle: Int
        public var connecting: Int
        public var established: Int
        public var refused: Int
        public var unreachable: Int

        public init(_ states: some Sequence<PeerReport.State>) {
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
        addresses: [String], publicKey: String, fleet: String, startedAt: Date, uptimeSeconds: Int, lanes: Int,
        cipherSuites: [String], instance: InstanceReport, peers: PeerCounts, traffic: TrafficReport,
        counters: [String: UInt64]
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
        self.lanes = lanes
        self.cipherSuites = cipherSuites
        self.instance = instance
        self.peers = peers
        self.traffic = traffic
        self.counters = counters
    }
}
