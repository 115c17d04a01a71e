import SealaneFigures
import SealaneLinux
import SealanePacket

/// The parameters of `sealane bench serve`.
package struct BenchService: Sendable {
    /// The port of the control connection. The next port is iperf3's, the one after it the echo server's.
    package static var defaultPort: Int { 7300 }

    /// The addresses of this host, on the underlay and in the tunnel.
    package let addresses: [IPAddress]
    package let port: Int
    /// The addresses of the served host, on the underlay and in the tunnel. Only these get answers.
    package let peers: Set<IPAddress>
    package let limits: BenchLimits
    /// The version of this program.
    package let version: String
    package let agent: AgentLookup

    package init(
        addresses: [IPAddress], port: Int, peers: Set<IPAddress>, limits: BenchLimits, version: String,
        agent: AgentLookup
    ) throws(BenchError) {
        guard !addresses.isEmpty else { throw BenchError("no address to listen on; expected --listen") }
        guard !peers.isEmpty else { throw BenchError("no host to serve; expected its addresses with --peer") }
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

/// Finds the agent of a host. Either end may lack an agent; then the report lacks its figures.
package struct AgentLookup: Sendable {
    /// An agent and its process id.
    package struct Found: Sendable {
        package let agent: BenchAgent
        /// nil if unknown.
        package let pid: Int32?

        package init(agent: BenchAgent, pid: Int32?) {
            self.agent = agent
            self.pid = pid
        }
    }

    /// Finds the agent with the overlay address `local` (nil for any), and its session with the peer that has one of
    /// the addresses `peers`. Returns nil if there is no such agent.
    package let find: @Sendable (_ local: IPAddress?, _ peers: Set<IPAddress>) async -> Found?

    package init(find: @escaping @Sendable (_ local: IPAddress?, _ peers: Set<IPAddress>) async -> Found?) {
        self.find = find
    }
}
