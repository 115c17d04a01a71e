import Foundation
import Synchronization

/// Hosts on one switch, each a network namespace: 10.77.0.n and fd77::n on the underlay. Gone with the value.
final class Network: Sendable {
    let directory: ScratchDirectory
    private let prefix: String
    private let count: Int
    /// What runs on the hosts ends with the network, not before.
    private let programs = Mutex<[Program]>([])

    /// - Parameter mtus: of the hosts' interfaces, one for each host.
    init(mtus: [Int] = [1500, 1500]) async throws {
        directory = try ScratchDirectory()
        prefix = "slt-\(UUID().uuidString.prefix(6).lowercased())"
        count = mtus.count
        let hub = "\(prefix)-hub"
        try await must("ip", "netns", "add", hub)
        try await must("ip", "-n", hub, "link", "add", "br0", "type", "bridge")
        try await must("ip", "-n", hub, "link", "set", "br0", "mtu", "9216", "up")
        for (index, mtu) in mtus.enumerated() {
            let name = namespace(of: index)
            try await must("ip", "netns", "add", name)
            try await must(
                "ip", "-n", hub, "link", "add", "port\(index)", "mtu", "9216", "type", "veth", "peer", "name", "eth0",
                "netns", name, "mtu", "\(mtu)")
            try await must("ip", "-n", hub, "link", "set", "port\(index)", "master", "br0", "up")
            try await must("ip", "-n", name, "link", "set", "lo", "up")
            try await must("ip", "-n", name, "address", "add", "10.77.0.\(index + 1)/24", "dev", "eth0")
            try await must("ip", "-n", name, "address", "add", "fd77::\(index + 1)/64", "dev", "eth0", "nodad")
            try await must("ip", "-n", name, "link", "set", "eth0", "up")
        }
    }

    deinit {
        programs.withLock { $0.removeAll() }
        for name in (0..<count).map(namespace(of:)) + ["\(prefix)-hub"] {
            let removal = Process()
            removal.executableURL = URL(filePath: "/usr/bin/env")
            removal.arguments = ["ip", "netns", "delete", name]
            removal.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
            try? removal.run()
            removal.waitUntilExit()
        }
    }

    private func namespace(of index: Int) -> String { "\(prefix)-\(index + 1)" }

    /// Starts a program on host `index`.
    func start(_ index: Int, _ arguments: [String]) throws -> Program {
        let program = try Program(["ip", "netns", "exec", namespace(of: index)] + arguments, in: directory)
        programs.withLock { $0.append(program) }
        return program
    }

    /// Runs a program on host `index`, for at most `limit`.
    func run(_ index: Int, within limit: Duration = .seconds(60), _ arguments: String...) async throws -> Outcome {
        let program = try start(index, arguments)
        let status = await program.status(within: limit)
        return Outcome(arguments: arguments, status: status, output: program.output)
    }

    private func must(_ arguments: String...) async throws {
        let program = try Program(arguments, in: directory)
        let status = await program.status(within: .seconds(10))
        guard status == 0 else {
            throw Failure("\(Outcome(arguments: arguments, status: status, output: program.output))")
        }
    }
}
