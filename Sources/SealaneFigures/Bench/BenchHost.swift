/// One of both hosts, as it was when the measurement began.
public struct BenchHost: Codable, Sendable, Equatable {
    public let name: String
    /// As uname(2) has it: `6.1.0-18-amd64`.
    public let kernel: String
    /// How many the measuring program may run on.
    public let processors: Int
    public let processorModel: String?
    public let memoryByteCount: UInt64?
    /// The underlay address, and the MTU of the interface that has it.
    public let address: String
    public let mtu: Int
    /// Absent: the measurement went between addresses that no agent was asked about.
    public let agent: BenchAgent?

    public init(
        name: String, kernel: String, processors: Int, processorModel: String?, memoryByteCount: UInt64?,
        address: String, mtu: Int, agent: BenchAgent?
    ) {
        self.name = name
        self.kernel = kernel
        self.processors = processors
        self.processorModel = processorModel
        self.memoryByteCount = memoryByteCount
        self.address = address
        self.mtu = mtu
        self.agent = agent
    }
}

/// The agent of a host, as it runs.
public struct BenchAgent: Codable, Sendable, Equatable {
    public struct Offload: Codable, Sendable, Equatable {
        public let name: String
        public let on: Bool
        /// Why not.
        public let reason: String?

        public init(name: String, on: Bool, reason: String?) {
            self.name = name
            self.on = on
            self.reason = reason
        }
    }

    public let version: String
    /// The tunnel device, its MTU, and the overlay address that was used.
    public let interface: String
    public let mtu: Int
    public let address: String
    /// Of the session that was measured: `AES-256-GCM`.
    public let cipherSuite: String
    /// Whose code encrypts: `ipsec-mb`.
    public let provider: String
    public let lanes: Int
    public let offloads: [Offload]

    public init(
        version: String, interface: String, mtu: Int, address: String, cipherSuite: String, provider: String,
        lanes: Int, offloads: [Offload]
    ) {
        self.version = version
        self.interface = interface
        self.mtu = mtu
        self.address = address
        self.cipherSuite = cipherSuite
        self.provider = provider
        self.lanes = lanes
        self.offloads = offloads
    }
}

/// How it was measured.
public struct BenchMethod: Codable, Sendable, Equatable {
    public enum Effort: String, Codable, Sendable {
        case quick
        case normal
        case full
    }

    public let effort: Effort
    /// How many were meant to be measured.
    public let rounds: Int
    /// Of one transfer.
    public let secondsPerTransfer: Double
    /// What transfers: `iperf 3.12`.
    public let tool: String
    /// Both hosts are namespaces of one machine: each `systemSeconds` is that of both.
    public let sharesMachine: Bool

    public init(effort: Effort, rounds: Int, secondsPerTransfer: Double, tool: String, sharesMachine: Bool) {
        self.effort = effort
        self.rounds = rounds
        self.secondsPerTransfer = secondsPerTransfer
        self.tool = tool
        self.sharesMachine = sharesMachine
    }
}
