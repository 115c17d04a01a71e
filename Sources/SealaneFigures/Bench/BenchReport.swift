import FoundationEssentials

/// What a tunnel costs between two hosts, every raw number with it: `sealane bench run --json`.
///
/// Rates are in bit/s or datagrams/s, times in seconds, sizes in bytes. Absent means not measured, or not known.
public struct BenchReport: Codable, Sendable, Equatable {
    /// Of this report's JSON; within one version keys are only added.
    public static var currentSchemaVersion: Int { 1 }

    public private(set) var schemaVersion = BenchReport.currentSchemaVersion
    public let startedAt: Date
    /// How long all of it took.
    public let seconds: Double
    /// Ended by hand before all rounds were done.
    public let isInterrupted: Bool
    /// The host that measured, and the one that served.
    public let client: BenchHost
    public let server: BenchHost
    public let method: BenchMethod
    /// In the order in which they are shown.
    public let tcp: [TCPTest]
    public let udp: [UDPTest]
    public let roundTrips: [RoundTripTest]
    public let connections: ConnectionTest?
    /// Measurements that failed, each as a sentence that names it; their pairs are missing.
    public let failures: [String]
    /// What the figures are to be read with, as found in them when the report was made.
    public private(set) var warnings: [BenchWarning]

    public init(
        startedAt: Date, seconds: Double, isInterrupted: Bool, client: BenchHost, server: BenchHost,
        method: BenchMethod, tcp: [TCPTest], udp: [UDPTest], roundTrips: [RoundTripTest], connections: ConnectionTest?,
        failures: [String] = []
    ) {
        self.startedAt = startedAt
        self.seconds = seconds
        self.isInterrupted = isInterrupted
        self.client = client
        self.server = server
        self.method = method
        self.tcp = tcp
        self.udp = udp
        self.roundTrips = roundTrips
        self.connections = connections
        self.failures = failures
        warnings = []
        warnings = foundWarnings
    }

    public func host(_ end: BenchEnd) -> BenchHost { end == .client ? client : server }
}

/// Which of the two hosts.
public enum BenchEnd: String, Codable, CaseIterable, Sendable {
    case client
    case server
}

/// How a measurement travels.
public enum BenchPath: String, Codable, CaseIterable, Sendable {
    /// Between the underlay addresses.
    case plain
    /// Between the overlay addresses.
    case tunnel
}

/// One quantity measured on both paths, one right after the other, so that what slows the machine for a while slows both.
public struct BenchPair<Sample: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    /// Which was measured first.
    public let first: BenchPath
    public let plain: Sample
    public let tunnel: Sample

    public init(first: BenchPath, plain: Sample, tunnel: Sample) {
        self.first = first
        self.plain = plain
        self.tunnel = tunnel
    }
}

/// TCP with some streams at once, a pair for each round that was finished.
public struct TCPTest: Codable, Sendable, Equatable {
    public enum Direction: String, Codable, CaseIterable, Sendable {
        case toServer = "to-server"
        case toClient = "to-client"
    }

    public struct Sample: Codable, Sendable, Equatable {
        /// As the receiver counts.
        public let bitsPerSecond: Double
        /// How long was transferred.
        public let seconds: Double
        /// Of all streams.
        public let retransmits: Int
        public let client: ProcessorUse
        public let server: ProcessorUse

        public init(
            bitsPerSecond: Double, seconds: Double, retransmits: Int, client: ProcessorUse, server: ProcessorUse
        ) {
            self.bitsPerSecond = bitsPerSecond
            self.seconds = seconds
            self.retransmits = retransmits
            self.client = client
            self.server = server
        }
    }

    public let streams: Int
    public let direction: Direction
    public let pairs: [BenchPair<Sample>]

    public init(streams: Int, direction: Direction, pairs: [BenchPair<Sample>]) {
        self.streams = streams
        self.direction = direction
        self.pairs = pairs
    }
}

/// What a transfer took of one host's processors, in CPU seconds.
public struct ProcessorUse: Codable, Sendable, Equatable {
    /// Of the agent, all threads, user and system; on the plain path what it takes beside the transfer. Absent: no agent
    /// that can be asked.
    public let agentSeconds: Double?
    /// Of the agent's busiest thread.
    public let busiestThreadSeconds: Double?
    /// Of the program that transfers.
    public let toolSeconds: Double?
    /// All that the host's processors were busy with, agent and program included.
    public let systemSeconds: Double

    public init(
        agentSeconds: Double?, busiestThreadSeconds: Double? = nil, toolSeconds: Double? = nil, systemSeconds: Double
    ) {
        self.agentSeconds = agentSeconds
        self.busiestThreadSeconds = busiestThreadSeconds
        self.toolSeconds = toolSeconds
        self.systemSeconds = systemSeconds
    }
}

/// The greatest rate from client to server that loses less than `LossFreeSearch.tolerance`.
public struct UDPTest: Codable, Sendable, Equatable {
    public struct Sample: Codable, Sendable, Equatable {
        /// 0: no rate passed.
        public let datagramsPerSecond: Double
        /// The true rate is at most this much greater: how finely was searched.
        public let resolution: Double
        /// Nothing faster could be offered, so the true rate may be greater by any amount.
        public let isAtLeast: Bool
        /// While as many as possible were sent: datagrams/s that left, and that arrived.
        public let offered: Double
        public let delivered: Double

        public init(
            datagramsPerSecond: Double, resolution: Double, isAtLeast: Bool, offered: Double, delivered: Double
        ) {
            self.datagramsPerSecond = datagramsPerSecond
            self.resolution = resolution
            self.isAtLeast = isAtLeast
            self.offered = offered
            self.delivered = delivered
        }
    }

    public let payloadByteCount: Int
    public let pairs: [BenchPair<Sample>]

    public init(payloadByteCount: Int, pairs: [BenchPair<Sample>]) {
        self.payloadByteCount = payloadByteCount
        self.pairs = pairs
    }
}

/// The time from a datagram's sending to the arrival of its echo.
public struct RoundTripTest: Codable, Sendable, Equatable {
    public enum Load: String, Codable, CaseIterable, Sendable {
        case idle
        /// While TCP transfers on the same path.
        case loaded
    }

    public struct Sample: Codable, Sendable, Equatable {
        public let p50Seconds: Double
        public let p99Seconds: Double
        public let p999Seconds: Double
        /// How many came back, and how many did not.
        public let count: Int
        public let lost: Int

        public init(p50Seconds: Double, p99Seconds: Double, p999Seconds: Double, count: Int, lost: Int) {
            self.p50Seconds = p50Seconds
            self.p99Seconds = p99Seconds
            self.p999Seconds = p999Seconds
            self.count = count
            self.lost = lost
        }
    }

    public let load: Load
    public let pairs: [BenchPair<Sample>]

    public init(load: Load, pairs: [BenchPair<Sample>]) {
        self.load = load
        self.pairs = pairs
    }
}

/// The time from a TCP connection's first packet until it is established, with the tunnel's session already there.
public struct ConnectionTest: Codable, Sendable, Equatable {
    public struct Sample: Codable, Sendable, Equatable {
        public let p50Seconds: Double
        public let p99Seconds: Double
        public let count: Int

        public init(p50Seconds: Double, p99Seconds: Double, count: Int) {
            self.p50Seconds = p50Seconds
            self.p99Seconds = p99Seconds
            self.count = count
        }
    }

    public let pairs: [BenchPair<Sample>]

    public init(pairs: [BenchPair<Sample>]) {
        self.pairs = pairs
    }
}
