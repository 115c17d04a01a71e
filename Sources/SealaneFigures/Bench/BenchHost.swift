/// One of the two hosts, at the start of the measurement.
package struct BenchHost: Codable, Sendable, Equatable {
    package let name: String
    /// The kernel release of uname(2): `6.1.0-18-amd64`.
    package let kernel: String
    /// The number of processors on which the measuring program may run.
    package let processors: Int
    package let processorModel: String?
    package let memoryByteCount: UInt64?
    /// The underlay address, and the MTU of its interface.
    package let address: String
    package let mtu: Int
    /// Absent if no agent was found that has the tunnel address.
    package let agent: BenchAgent?

    package init(
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
package struct BenchAgent: Codable, Sendable, Equatable {
    package struct Offload: Codable, Sendable, Equatable {
        package let name: String
        package let on: Bool
        /// Why the offload is off.
        package let reason: String?

        package init(name: String, on: Bool, reason: String?) {
            self.name = name
            self.on = on
            self.reason = reason
        }
    }

    package let version: String
    /// The tunnel device, its MTU, and the overlay address used.
    package let interface: String
    package let mtu: Int
    package let address: String
    /// The suite of the measured session: `AES-256-GCM`.
    package let cipherSuite: String
    /// The library that encrypts: `ipsec-mb`.
    package let provider: String
    package let lanes: Int
    package let offloads: [Offload]

    package init(
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
package struct BenchMethod: Codable, Sendable, Equatable {
    package enum Effort: String, Codable, Sendable {
        case quick
        case normal
        case full
    }

    package let effort: Effort
    /// The number of planned rounds.
    package let rounds: Int
    /// The length of one transfer.
    package let secondsPerTransfer: Double
    /// The program that transfers: `iperf 3.12`.
    package let tool: String
    /// Both hosts are namespaces of one machine, so each `systemSeconds` covers both.
    package let sharesMachine: Bool

    package init(effort: Effort, rounds: Int, secondsPerTransfer: Double, tool: String, sharesMachine: Bool) {
        self.effort = effort
        self.rounds = rounds
        self.secondsPerTransfer = secondsPerTransfer
        self.tool = tool
        self.sharesMachine = sharesMachine
    }
}
