import Foundation
import NetworkLab
import TunnelFigures
import TestSupport

/// The two hosts, joined by one cable of MTU 1500 and one of MTU 9001, and the measured programs.
final class Lab: Sendable {
    let network: Network
    /// The directory of sealaned and sealane.
    let programs: String
    /// The directory of the build without a cipher; nil if there is none.
    let noCipherPrograms: String?
    /// The path of the benchmark itself.
    let ownPath: String

    init(programs: String?, noCipherPrograms: String?) async throws {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        ownPath = own.path
        self.programs = programs ?? own.deletingLastPathComponent().path
        self.noCipherPrograms = noCipherPrograms
        network = try await Network(cableMTUs: [1500, 9001])
    }

    func path(_ name: String) -> String { network.directory.path(name) }

    @discardableResult
    func run(_ host: Int, within limit: Duration = .seconds(60), _ arguments: [String]) async throws -> String {
        try await network.run(host, within: limit, arguments).success
    }

    /// Replaces the scratch directory in `text` for the report.
    func withoutScratchPath(_ text: String) -> String {
        text.replacing(path("").trimmingSuffix("/"), with: "DIR")
    }

    // MARK: The underlay

    static func underlayCommand(_ mode: Mode) -> [String] {
        ["ethtool", "-K", "DEV", "tx-udp-segmentation", mode == .batched ? "on" : "off"]
    }

    func setMode(_ mode: Mode) async throws {
        for host in 0..<2 {
            for device in ["eth0", "eth1"] {
                try await run(host, Self.underlayCommand(mode).map { $0 == "DEV" ? device : $0 })
            }
        }
    }

    /// Checks that runs travel as a whole in batched mode, and as single datagrams in wire mode.
    func verifyMode(_ mode: Mode) async throws {
        let sink = try await startLoad("sink", at: "10.77.0.2", "--joined")
        let output = try await run(0, [ownPath, "load", "runs", "--to", "10.77.0.2"])
        await end(sink)
        let longest = output.trimmingCharacters(in: .whitespacesAndNewlines)
        guard longest == (mode == .batched ? "32" : "1") else {
            throw Failure(
                """
                the underlay is not in \(mode.rawValue) mode: \(longest) of 32 datagrams of a run arrived together at most
                """)
        }
    }

    // MARK: Load generators

    /// Starts a load generator that answers, on host 1, and waits until it is ready.
    /// - Parameter core: the only processor core for it; nil: any.
    func startLoad(
        _ name: String, at address: String, on core: Int? = nil, _ options: String...
    ) async throws -> Program {
        let program = try network.start(1, Self.pinning(to: core) + [ownPath, "load", name, address] + options)
        try await eventually("the \(name) at \(address) is ready: \(program.output)") {
            guard program.isRunning else { throw Failure("the \(name) at \(address) ended: \(program.output)") }
            return program.output.contains("ready")
        }
        return program
    }

    func end(_ program: Program) async {
        program.send(SIGTERM)
        _ = await program.status(killedAfter: .seconds(3))
    }

    /// Runs a load generator on host 0 and reads its report.
    func load<Report: Decodable>(
        _ type: Report.Type, on core: Int? = nil, _ arguments: [String]
    ) async throws -> Report {
        let output = try await run(0, Self.pinning(to: core) + [ownPath, "load"] + arguments)
        return try JSONDecoder().decode(type, from: Data(output.utf8))
    }

    private static func pinning(to core: Int?) -> [String] { core.map { ["taskset", "-c", "\($0)"] } ?? [] }

    // MARK: Cores

    /// A core for each host; the same core if the machine has only one.
    static var coreOfEachHost: [Int] { [0, min(1, ProcessInfo.processInfo.activeProcessorCount - 1)] }

    /// Restricts the threads of the agents of hosts 0 and 1 to these cores; nil: to no core.
    func pin(_ agents: [Program], to cores: [Int]?) async throws {
        for (host, agent) in agents.enumerated() {
            let list = cores.map { "\($0[host])" } ?? "0-\(ProcessInfo.processInfo.activeProcessorCount - 1)"
            try await run(host, ["taskset", "-acp", list, "\(agent.pid)"])
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
