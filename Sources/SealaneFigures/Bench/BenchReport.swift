import FoundationEssentials

/// The cost of a tunnel between two hosts, with every raw value: `sealane bench run --json`.
///
/// Rates are in bit/s or datagrams/s, times in seconds, sizes in bytes. An absent value was not measured or is unknown.
package struct BenchReport: Codable, Sendable, Equatable {
    /// The version of the JSON. Within one version, keys are only added.
    package static var currentSchemaVersion: Int { 1 }

    package private(set) var schemaVersion = BenchReport.currentSchemaVersion
    package let startedAt: Date
    /// The length of the whole measurement.
    package let seconds: Double
    /// The user ended the run before all rounds were done.
    package let isInterrupted: Bool
    /// `client` ran the measurement, `server` served it.
    package let client: BenchHost
    package let server: BenchHost
    package let method: BenchMethod
    /// Each list is in display order.
    package let tcp: [TCPTest]
    package let udp: [UDPTest]
    package let roundTrips: [RoundTripTest]
    package let connections: ConnectionTest?
    /// Failed measurements, one sentence each. Their pairs are missing.
    package let failures: [String]
    /// Warnings derived from the figures when the report was made.
    package private(set) var warnings: [BenchWarning]

    package init(
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

    package func host(_ end: BenchEnd) -> BenchHost { end == .client ? client : server }
}

/// One of the two hosts.
package enum BenchEnd: String, Codable, CaseIterable, Sendable {
    case client
    case server
}

/// The path of a measurement.
package enum BenchPath: String, Codable, CaseIterable, Sendable {
    /// Between the underlay addresses.
    case plain
    /// Between the overlay addresses.
    case tunnel
}

/// One quantity measured on both paths, directly after each other, so that a temporary slowdown affects both.
package struct BenchPair<Sample: Codable & Sendable & Equatable>: Codable, Sendable, Equatable {
    /// The path that was measured first.
    package let first: BenchPath
    package let plain: Sample
    package let tunnel: Sample

    package init(first: BenchPath, plain: Sample, tunnel: Sample) {
        self.first = first
        self.plain = plain
        self.tunnel = tunnel
    }
}

/// TCP with several streams at once, one pair for each finished round.
package struct TCPTest: Codable, Sendable, Equatable {
    package enum Direction: String, Codable, CaseIterable, Sendable {
        case toServer = "to-server"
        case toClient = "to-client"
    }

    package struct Sample: Codable, Sendable, Equatable {
        /// Counted by the receiver.
        package let bitsPerSecond: Double
        /// The length of the transfer.
        package let seconds: Double
        /// The sum over all streams.
        package let retransmits: Int
        package let client: ProcessorUse
        package let server: ProcessorUse

        package init(
            bitsPerSecond: Double, seconds: Double, retransmits: Int, client: ProcessorUse, server: ProcessorUse
        ) {
            self.bitsPerSecond = bitsPerSecond
            self.seconds = seconds
            self.retransmits = retransmits
            self.client = client
            self.server = server
        }
    }

    package let streams: Int
    package let direction: Direction
    package let pairs: [BenchPair<Sample>]

    package init(streams: Int, direction: Direction, pairs: [BenchPair<Sample>]) {
        self.streams = streams
        self.direction = direction
        self.pairs = pairs
    }
}

/// The CPU time of a transfer on one host, in CPU seconds.
package struct ProcessorUse: Codable, Sendable, Equatable {
    /// The agent, all threads, user and system. On the plain path: what the agent uses during the transfer. Absent if
    /// no agent answered.
    package let agentSeconds: Double?
    /// The busiest thread of the agent.
    package let busiestThreadSeconds: Double?
    /// The program that transfers.
    package let toolSeconds: Double?
    /// All processors of the host, including agent and program.
    package let systemSeconds: Double

    package init(
        agentSeconds: Double?, busiestThreadSeconds: Double? = nil, toolSeconds: Double? = nil, systemSeconds: Double
    ) {
        self.agentSeconds = agentSeconds
        self.busiestThreadSeconds = busiestThreadSeconds
        self.toolSeconds = toolSeconds
        self.systemSeconds = systemSeconds
    }
}

/// The greatest rate from client to server that loses less than `LossFreeSearch.tolerance`.
package struct UDPTest: Codable, Sendable, Equatable {
    package struct Sample: Codable, Sendable, Equatable {
        /// 0 if no rate passed.
        package let datagramsPerSecond: Double
        /// The true rate is at most this much greater, because the search took steps of this size.
        package let resolution: Double
        /// The sender could not offer more, so the true rate may be greater by any amount.
        package let isAtLeast: Bool
        /// Datagrams/s sent and received during the flood.
        package let offered: Double
        package let delivered: Double

        package init(
            datagramsPerSecond: Double, resolution: Double, isAtLeast: Bool, offered: Double, delivered: Double
        ) {
            self.datagramsPerSecond = datagramsPerSecond
            self.resolution = resolution
            self.isAtLeast = isAtLeast
            self.offered = offered
            self.delivered = delivered
        }
    }

    package let payloadByteCount: Int
    package let pairs: [BenchPair<Sample>]

    package init(payloadByteCount: Int, pairs: [BenchPair<Sample>]) {
        self.payloadByteCount = payloadByteCount
        self.pairs = pairs
    }
}

/// The time from sending a datagram to receiving its echo.
package struct RoundTripTest: Codable, Sendable, Equatable {
    package enum Load: String, Codable, CaseIterable, Sendable {
        case idle
        /// A TCP transfer loads the same path.
        case loaded
    }

    package struct Sample: Codable, Sendable, Equatable {
        package let p50Seconds: Double
        package let p99Seconds: Double
        package let p999Seconds: Double
        /// The numbers of echoes that came back, and that did not.
        package let count: Int
        package let lost: Int

        package init(p50Seconds: Double, p99Seconds: Double, p999Seconds: Double, count: Int, lost: Int) {
            self.p50Seconds = p50Seconds
            self.p99Seconds = p99Seconds
            self.p999Seconds = p999Seconds
            self.count = count
            self.lost = lost
        }
    }

    package let load: Load
    package let pairs: [BenchPair<Sample>]

    package init(load: Load, pairs: [BenchPair<Sample>]) {
        self.load = load
        self.pairs = pairs
    }
}

/// The time from a TCP connection's first packet until it is established. The tunnel's session exists before.
package struct ConnectionTest: Codable, Sendable, Equatable {
    package struct Sample: Codable, Sendable, Equatable {
        package let p50Seconds: Double
        package let p99Seconds: Double
        package let count: Int

        package init(p50Seconds: Double, p99Seconds: Double, count: Int) {
            self.p50Seconds = p50Seconds
            self.p99Seconds = p99Seconds
            self.count = count
        }
    }

    package let pairs: [BenchPair<Sample>]

    package init(pairs: [BenchPair<Sample>]) {
        self.pairs = pairs
    }
}
