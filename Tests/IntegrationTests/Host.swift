import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import Synchronization
import TestSupport
import Testing

/// One host of a network with its agent: key, configuration, programs.
final class Host: Sendable {
    /// The configuration of the agent, as YAML.
    struct Settings {
        var interface = "sealane0"
        var listen: String
        var addresses: String
        /// The source of the agent's key, as keys of `agent`; nil: the file of the host.
        var key: String?
        var instance = "{id: i-0a, type: c5n.large, region: us-east-1, vpc: vpc-0a}"
        /// Complete entries of `peers`.
        var peers: [String] = []
        /// Complete additional sections.
        var more = ""
    }

    let network: Network
    let index: Int
    let name: String
    let publicKey: String
    private let agent = Mutex<Program?>(nil)

    static var programs: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    init(_ network: Network, _ index: Int) async throws {
        self.network = network
        self.index = index
        name = "host\(index + 1)"
        let keys = try await Self.makeKey(network)
        publicKey = keys.publicKey
        try network.directory.write(keys.privateKey, to: "\(name).key")
    }

    private static func makeKey(_ network: Network) async throws -> (privateKey: String, publicKey: String) {
        let sealane = programs.appending(path: "sealane").path
        let privateKey = try await network.run(0, sealane, "key", "generate").output
        let path = try network.directory.write(privateKey, to: UUID().uuidString)
        let publicKey = try await network.run(0, "sh", "-c", "'\(sealane)' key public < '\(path)'")
        try #require(publicKey.status == 0, "\(publicKey)")
        return (privateKey, publicKey.output.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    var keyPath: String { network.directory.path("\(name).key") }
    var configurationPath: String { network.directory.path("\(name).yaml") }
    var controlSocket: String { network.directory.path("\(name).sock") }
    var statePath: String { network.directory.path("\(name).state") }

    var defaults: Settings {
        Settings(
            listen: "10.77.0.\(index + 1):7325", addresses: "[10.78.0.\(index + 1)/24, \"fd78::\(index + 1)/64\"]")
    }

    /// The entry for this host in the `peers` of other hosts.
    func peerEntry(
        endpoint: String? = nil, addresses: String? = nil,
        instance: String = "{type: c5n.large, region: us-east-1, vpc: vpc-0a}", more: String = ""
    ) -> String {
        """
          - name: \(name)
            endpoint: "\(endpoint ?? "10.77.0.\(index + 1):7325")"
            public-key: \(publicKey)
            addresses: \(addresses ?? "[10.78.0.\(index + 1)/32, \"fd78::\(index + 1)/128\"]")
            instance: \(instance)
        \(more)
        """
    }

    func configure(_ settings: Settings) throws {
        let peers = settings.peers.isEmpty ? "" : "peers:\n" + settings.peers.joined(separator: "\n")
        try network.directory.write(
            """
            agent:
              interface: \(settings.interface)
              listen: "\(settings.listen)"
              addresses: \(settings.addresses)
              \(settings.key ?? "private-key-file: \(keyPath)")
              state-directory: \(statePath)
              control-socket: \(controlSocket)
            instance: \(settings.instance)
            \(settings.more)
            \(peers)

            """, to: "\(name).yaml")
    }

    // MARK: The agent

    /// Starts the agent and waits until it answers.
    ///
    /// - Parameter wrapper: a program and its arguments that executes the agent; the agent's command line is appended.
    func startAgent(by wrapper: [String] = []) async throws {
        try await startAgent(by: wrapper) { try await self.sealane("status").status == 0 }
    }

    /// Starts the agent and waits until `isUp`.
    func startAgent(
        by wrapper: [String] = [], within limit: Duration = .seconds(10), until isUp: () async throws -> Bool
    ) async throws {
        let program = try network.start(index, wrapper + [sealaned, "--config", configurationPath])
        agent.withLock { $0 = program }
        try await eventually(within: limit, "the agent of \(name) is up; its log: \(program.output)") {
            guard program.isRunning else { throw Failure("the agent of \(name) ended: \(program.output)") }
            return try await isUp()
        }
    }

    /// Runs an agent that is expected to end by itself.
    func runAgent() async throws -> Outcome {
        try await network.run(index, within: .seconds(10), [sealaned, "--config", configurationPath])
    }

    private var sealaned: String { Self.programs.appending(path: "sealaned").path }

    var running: Program {
        get throws {
            try #require(agent.withLock { $0 }, "the agent of \(name) was not started")
        }
    }

    func killAgent() async throws {
        let program = try running
        program.send(SIGKILL)
        _ = await program.status()
    }

    /// Ends the agent with SIGTERM. Returns its exit status.
    func stopAgent() async throws -> Int32 {
        let program = try running
        program.send(SIGTERM)
        return await program.status(within: .seconds(10))
    }

    var log: String {
        get throws { try running.output }
    }

    // MARK: Programs on the host

    func run(within limit: Duration = .seconds(60), _ arguments: [String]) async throws -> Outcome {
        try await network.run(index, within: limit, arguments)
    }

    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func start(_ arguments: String...) throws -> Program { try network.start(index, arguments) }

    /// Waits until a program listens on this TCP port.
    func waitForListener(on port: Int) async throws {
        try await eventually("a program listens on \(port)") {
            try await run("ss", "-Hltn", "sport = :\(port)").output.contains(":\(port)")
        }
    }

    /// Sends a file of random bytes to the other host over TCP to `address`. Fails unless it arrives unchanged.
    func carryFile(_ byteCount: Int, to other: Host, at address: String) async throws {
        let bracketed = address.contains(":") ? "[\(address)]" : address
        let sent = network.directory.path("sent")
        let written = try await run("sh", "-c", "head -c \(byteCount) /dev/urandom | tee \(sent) | sha256sum")
        let listen = address.contains(":") ? "TCP6-LISTEN" : "TCP-LISTEN"
        let receiver = try other.start(
            "sh", "-c", "socat -u '\(listen):5400,bind=\(bracketed),reuseaddr' STDOUT | sha256sum")
        try await other.waitForListener(on: 5400)
        let program = try await run(within: .seconds(30), ["socat", "-u", "FILE:\(sent)", "TCP:\(bracketed):5400"])
        #expect(program.status == 0, "\(program)")
        #expect(await receiver.status(within: .seconds(10)) == 0)
        #expect(receiver.output == written.output, "\(byteCount) bytes to \(address)")
    }

    func sealane(_ arguments: String...) async throws -> Outcome { try await sealane(arguments) }

    func sealane(_ arguments: [String]) async throws -> Outcome {
        let program = Self.programs.appending(path: "sealane").path
        return try await run([program] + arguments + ["--control-socket", controlSocket])
    }

    func statusReport() async throws -> StatusReport {
        try await report(StatusReport.self, "status", "--json")
    }

    func peerReport(_ peer: String) async throws -> PeerReport {
        try await report(PeerReport.self, "peer", "show", peer, "--json")
    }

    /// The checks of `sealane doctor` for this host's configuration.
    func doctorChecks() async throws -> [DoctorReport.Check] {
        let outcome = try await sealane("doctor", "--json", "--config", configurationPath)
        return try ReportSchema.decode(DoctorReport.self, from: Array(outcome.output.utf8)).checks
    }

    /// The first check with this name.
    func doctorCheck(_ name: String) async throws -> DoctorReport.Check {
        try #require(try await doctorChecks().first { $0.name == name })
    }

    private func report<Report: Decodable>(_ type: Report.Type, _ arguments: String...) async throws -> Report {
        let program = Self.programs.appending(path: "sealane").path
        let answer = try await run([program] + arguments + ["--control-socket", controlSocket])
        try #require(answer.status == 0, "\(answer)")
        return try ReportSchema.decode(type, from: Array(answer.output.utf8))
    }
}

/// Two hosts that are eligible peers of each other, with running agents.
///
/// - Parameters:
///   - more: additional sections of both configurations.
///   - moreOfB: replaces `more` for the second host.
func eligiblePair(
    mtus: [Int] = [1500, 1500], overIPv6: Bool = false, more: String = "", moreOfB: String? = nil
) async throws -> (a: Host, b: Host) {
    let network = try await Network(mtus: mtus)
    let a = try await Host(network, 0)
    let b = try await Host(network, 1)
    for (host, other) in [(a, b), (b, a)] {
        var settings = host.defaults
        var endpoint: String?
        if overIPv6 {
            settings.listen = "[fd77::\(host.index + 1)]:7325"
            endpoint = "[fd77::\(other.index + 1)]:7325"
        }
        settings.peers = [other.peerEntry(endpoint: endpoint)]
        settings.more = host === b ? moreOfB ?? more : more
        try host.configure(settings)
        try await host.startAgent()
    }
    return (a, b)
}
