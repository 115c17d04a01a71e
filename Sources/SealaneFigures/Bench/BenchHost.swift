/// One of the two hosts, at the start of the measurement.
public struct BenchHost: Codable, Sendable, Equatable {
    public let name: String
    /// The kernel release of uname(2): `6.1.0-18-amd64`.
    public let kernel: String
    /// The number of processors on which the measuring program may run.
    public let processors: Int
    public let processorModel: String?
    public let memoryByteCount: UInt64?
    /// The underlay address, and the MTU of its interface.
    public let address: String
    public let mtu: Int
    /// Absent if no agent was found that has the tunnel address.
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

/// The running agent of a host.
public struct BenchAgent: Codable, Sendable, Equatable {
    public struct Offload: Codable, Sendable, Equatable {
        public let name: String
        public let on: Bool
        /// Why the offload is off.
        public let reason: String?

        public init(name: String, on: Bool, reason: String?) {
            self.name = name
            self.on = on
            self.reason = reason
        }
    }

    public let version: String
    /// The tunnel device, its MTU, and the overlay address used.
    public let interface: String
    public let mtu: Int
    public let address: String
    /// The suite of the measured session: `AES-256-GCM`.
    public let cipherSuite: String
    /// The library that encrypts: `ipsec-mb`.
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

/// The parameters of the measurement.
public struct BenchMethod: Codable, Sendable, Equatable {
    public enum Effort: String, Codable, Sendable {
        case quick
        case normal
        case full
    }

    public let effort: Effort
    /// The number of planned rounds.
    public let rounds: Int
    /// The length of one transfer.
    public let secondsPerTransfer: Double
    /// The program that transfers: `iperf 3.12`.
    public let tool: String
    /// Both hosts are namespaces of one machine, so each `systemSeconds` covers both.
    public let sharesMachine: Bool

    public init(effort: Effort, rounds: Int, secondsPerTransfer: Double, tool: String, sharesMachine: Bool) {
        self.effort = effort
        self.rounds = rounds
        self.secondsPerTransfer = secondsPerTransfer
        self.tool = tool
        self.sharesMachine = sharesMachine
    }
}
