import FoundationEssentials

/// The cost of a tunnel between two hosts, with every raw value: `sealane bench run --json`.
///
/// Rates are in bit/s or datagrams/s, times in seconds, sizes in bytes. An absent value was not measured or is unknown.
public struct BenchReport: Codable, Sendable, Equatable {
    /// The version of the JSON. Within one version, keys are only added.
    public static var currentSchemaVersion: Int { 1 }

    public private(set) var schemaVersion = BenchReport.currentSchemaVersion
    public let startedAt: Date
    /// The length of the whole measurement.
    public let seconds: Double
    /// The user ended the run before all rounds were done.
    public let isInterrupted: Bool
    /// `client` ran the measurement, `server` served it.
    public let client: BenchHost
    public let server: BenchHost
    public let method: BenchMethod
    /// Each list is in display order.
    public let tcp: [TCPTest]
    public let udp: [UDPTest]
    public let roundTrips: [RoundTripTest]
    public let connections: ConnectionTest?
    /// Failed measurements, one sentence each. Their pairs are missing.
    public let failures: [String]
    /// Warnings derived from the figures when the report was made.
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

/// One of the two hosts.
public enum BenchEnd: String, Codable, CaseIterable, Sendable {
    case client
    case server
}

/// The path of a measurement.
public enum BenchPath: String, Codable, CaseIterable, Sendable {
    /// Between the underlay addresses.
    case plain
    /// Between the overlay addresses.
    case tunnel
}

/// One quantity measured on both paths, directly after each other, so that a temporary slowdown affects both.
public struct BenchPair<Sample: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    /// The path that was measured first.
    public let first: BenchPath
    public let plain: Sample
    public let tunnel: Sample

    public init(first: BenchPath, plain: Sample, tunnel: Sample) {
        self.first = first
        self.plain = plain
        self.tunnel = tunnel
    }
}

/// TCP with several streams at once, one pair for each finished round.
public struct TCPTest: Codable, Sendable, Equatable {
    public enum Direction: String, Codable, CaseIterable, Sendable {
        case toServer = "to-server"
        case toClient = "to-client"
    }

    public struct Sample: Codable, Sendable, Equatable {
        /// Counted by the receiver.
        public let bitsPerSecond: Double
        /// The length of the transfer.
        public let seconds: Double
        /// The sum over all streams.
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

/// The CPU time of a transfer on one host, in CPU seconds.
public struct ProcessorUse: Codable, Sendable, Equatable {
    /// The agent, all threads, user and system. On the plain path: what the agent uses during the transfer. Absent if
    /// no agent answered.
    public let agentSeconds: Double?
    /// The busiest thread of the agent.
    public let busiestThreadSeconds: Double?
    /// The program that transfers.
    public let toolSeconds: Double?
    /// All processors of the host, including agent and program.
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
        /// 0 if no rate passed.
        public let datagramsPerSecond: Double
        /// The true rate is at most this much greater, because the search took steps of this size.
        public let resolution: Double
        /// The sender could not offer more, so the true rate may be greater by any amount.
        public let isAtLeast: Bool
        /// Datagrams/s sent and received during the flood.
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

/// The time from sending a datagram to receiving its echo.
public struct RoundTripTest: Codable, Sendable, Equatable {
    public enum Load: String, Codable, CaseIterable, Sendable {
        case idle
        /// A TCP transfer loads the same path.
        case loaded
    }

    public struct Sample: Codable, Sendable, Equatable {
        public let p50Seconds: Double
        public let p99Seconds: Double
        public let p999Seconds: Double
        /// The numbers of echoes that came back, and that did not.
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

/// The time from a TCP connection's first packet until it is established. The tunnel's session exists before.
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
