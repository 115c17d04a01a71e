import SealaneFigures
import SealaneLinux
import SealanePacket

/// What `sealane bench serve` was told to serve.
public struct BenchService: Sendable {
    /// The port of the control connection; iperf3's and the echo's are the next two.
    public static var defaultPort: Int { 7300 }

    /// This host's addresses: plain and in the tunnel.
    public let addresses: [IPAddress]
    public let port: Int
    /// Who may ask and be answered: the other host's addresses, plain and in the tunnel.
    public let peers: Set<IPAddress>
    public let limits: BenchLimits
    /// Of this program.
    public let version: String
    public let agent: AgentLookup

    public init(
        addresses: [IPAddress], port: Int, peers: Set<IPAddress>, limits: BenchLimits, version: String,
        agent: AgentLookup
    ) throws(BenchError) {
        guard !addresses.isEmpty else { throw BenchError("no address to listen on; name one with --listen") }
        guard !peers.isEmpty else { throw BenchError("nobody to serve; name the other host's addresses with --peer") }
        for address in addresses + peers { try BenchText.validate(address: "\(address)") }
        try BenchText.validate(port, "port", in: 1...65533)
        try limits.validate()
        self.addresses = addresses
        self.port = port
        self.peers = peers
        self.limits = limits
        self.version = version
        self.agent = agent
    }

    var transferPort: Int { port + 1 }
    var echoPort: Int { port + 2 }
}

/// How a host's agent is asked. Neither end needs one: then its figures are absent.
public struct AgentLookup: Sendable {
    /// An agent, and which process it is.
    public struct Found: Sendable {
        public let agent: BenchAgent
        /// nil: not known.
        public let pid: Int32?

        public init(agent: BenchAgent, pid: Int32?) {
            self.agent = agent
            self.pid = pid
        }
    }

    /// The agent that has the overlay address `local` (nil: any), and what it agreed with the peer that has one of the
    /// addresses `peers`; nil: there is no such agent.
    public let find: @Sendable (_ local: IPAddress?, _ peers: Set<IPAddress>) async -> Found?

    public init(find: @escaping @Sendable (_ local: IPAddress?, _ peers: Set<IPAddress>) async -> Found?) {
        self.find = find
    }
}
