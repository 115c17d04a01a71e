import Foundation
import Glibc
import Synchronization
import TestSupport

/// Hosts, each a network namespace, on one switch or joined by cables. The deinitializer removes the namespaces.
package final class Network: Sendable {
    package let directory: ScratchDirectory
    private let prefix: String
    private let namespaces: Mutex<[String]> = Mutex([])
    /// Programs on the hosts, kept so that they end with the network and not earlier.
    private let programs = Mutex<[Program]>([])

    private init(_ directory: ScratchDirectory) {
        self.directory = directory
        prefix = "slt-\(UUID().uuidString.prefix(6).lowercased())"
    }

    /// Hosts on one switch: 10.77.0.n and fd77::n on `eth0`.
    /// - Parameter mtus: the MTU of each host's interface.
    package convenience init(mtus: [Int] = [1500, 1500]) async throws {
        self.init(try ScratchDirectory())
        let hub = "\(prefix)-hub"
        try await addNamespace(hub)
        try await must("ip", "-n", hub, "link", "add", "br0", "type", "bridge")
        try await must("ip", "-n", hub, "link", "set", "br0", "mtu", "9216", "up")
        for (index, mtu) in mtus.enumerated() {
            try await addNamespace(namespace(of: index))
            try await must(
                "ip", "-n", hub, "link", "add", "port\(index)", "mtu", "9216", "type", "veth", "peer", "name", "eth0",
                "netns", namespace(of: index), "mtu", "\(mtu)")
            try await must("ip", "-n", hub, "link", "set", "port\(index)", "master", "br0", "up")
            try await setUp("eth0", of: index, network: 0)
        }
    }

    /// Two hosts and nothing between them: cable k joins their interfaces `ethK`, which are 10.77.k.n and
    /// fd77:0:0:k::n.
    /// - Parameter cableMTUs: the MTU of each cable.
    package convenience init(cableMTUs: [Int]) async throws {
        self.init(try ScratchDirectory())
        for index in 0..<2 { try await addNamespace(namespace(of: index)) }
        for (cable, mtu) in cableMTUs.enumerated() {
            try await must(
                "ip", "-n", namespace(of: 0), "link", "add", "eth\(cable)", "mtu", "\(mtu)", "type", "veth", "peer",
                "name", "eth\(cable)", "netns", namespace(of: 1), "mtu", "\(mtu)")
            for index in 0..<2 { try await setUp("eth\(cable)", of: index, network: cable) }
        }
    }

    /// Two hosts on separate networks, 10.77.0.1 and 10.77.1.2 on `eth0`, joined by host 2: a router with 10.77.0.254
    /// on `eth0` and 10.77.1.254 on `eth1`. IPv4 only.
    /// - Parameter mtu: the MTU of all interfaces.
    package convenience init(routedWithMTU mtu: Int) async throws {
        self.init(try ScratchDirectory())
        for index in 0..<3 { try await addNamespace(namespace(of: index)) }
        let router = namespace(of: 2)
        for index in 0..<2 {
            try await must(
                "ip", "-n", router, "link", "add", "eth\(index)", "mtu", "\(mtu)", "type", "veth", "peer", "name",
                "eth0",
                "netns", namespace(of: index), "mtu", "\(mtu)")
            try await must("ip", "-n", router, "address", "add", "10.77.\(index).254/24", "dev", "eth\(index)")
            try await must("ip", "-n", router, "link", "set", "eth\(index)", "up")
            try await setUp("eth0", of: index, network: index)
            try await must("ip", "-n", namespace(of: index), "route", "add", "default", "via", "10.77.\(index).254")
        }
        try await must("ip", "netns", "exec", router, "sysctl", "-q", "net.ipv4.ip_forward=1")
    }

    /// Two hosts on one segment, as on a switch. A VXLAN between hosts 2 and 3 carries the segment.
    /// - Parameter mtu: the MTU of all interfaces except the VXLAN's, which carry 50 bytes less.
    package convenience init(joinedByVXLANWithMTU mtu: Int) async throws {
        self.init(try ScratchDirectory())
        for index in 0..<4 { try await addNamespace(namespace(of: index)) }
        let switches = [namespace(of: 2), namespace(of: 3)]
        try await must(
            "ip", "-n", switches[0], "link", "add", "trunk", "mtu", "\(mtu)", "type", "veth", "peer", "name", "trunk",
            "netns", switches[1], "mtu", "\(mtu)")
        for (index, name) in switches.enumerated() {
            try await must("ip", "-n", name, "address", "add", "10.99.0.\(index + 1)/24", "dev", "trunk")
            try await must("ip", "-n", name, "link", "set", "trunk", "up")
            try await must(
                "ip", "-n", name, "link", "add", "vxlan0", "mtu", "\(mtu - 50)", "type", "vxlan", "id", "7", "local",
                "10.99.0.\(index + 1)", "remote", "10.99.0.\(2 - index)", "dstport", "4789", "dev", "trunk")
            try await must("ip", "-n", name, "link", "add", "br0", "type", "bridge")
            try await must(
                "ip", "-n", name, "link", "add", "port", "mtu", "\(mtu)", "type", "veth", "peer", "name", "eth0",
                "netns", namespace(of: index), "mtu", "\(mtu)")
            for port in ["vxlan0", "port"] {
                try await must("ip", "-n", name, "link", "set", port, "master", "br0", "up")
            }
            try await must("ip", "-n", name, "link", "set", "br0", "up")
            try await setUp("eth0", of: index, network: 0)
        }
    }

    private func addNamespace(_ name: String) async throws {
        // Record the name first, so that a namespace is removed even if its set-up fails.
        namespaces.withLock { $0.append(name) }
        try await must("ip", "netns", "add", name)
    }

    private func setUp(_ interface: String, of index: Int, network: Int) async throws {
        let name = namespace(of: index)
        try await must("ip", "-n", name, "link", "set", "lo", "up")
        try await must("ip", "-n", name, "address", "add", "10.77.\(network).\(index + 1)/24", "dev", interface)
        try await must(
            "ip", "-n", name, "address", "add", "fd77:0:0:\(network)::\(index + 1)/64", "dev", interface, "nodad")
        try await must("ip", "-n", name, "link", "set", interface, "up")
    }

    deinit {
        programs.withLock { $0.removeAll() }
        for name in namespaces.withLock({ $0 }) {
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
    package func start(_ index: Int, _ arguments: [String]) throws -> Program {
        let program = try Program(["ip", "netns", "exec", namespace(of: index)] + arguments, in: directory)
        programs.withLock { programs in
            programs.removeAll { !$0.isRunning }
            programs.append(program)
        }
        return program
    }

    /// Runs a program on host `index`, for at most `limit`.
    package func run(_ index: Int, within limit: Duration = .seconds(60), _ arguments: [String]) async throws -> Outcome
    {
        let program = try start(index, arguments)
        let status = await program.status(within: limit)
        return Outcome(arguments: arguments, status: status, output: program.output)
    }

    package func run(_ index: Int, _ arguments: String...) async throws -> Outcome { try await run(index, arguments) }

    /// Runs `body` on a thread of its own on host `index`, so that sockets made there belong to that host. `body` must
    /// not contain expectations: on that thread, they cannot be attributed to the test.
    package func within<Value: Sendable>(
        _ index: Int, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let path = "/var/run/netns/\(namespace(of: index))"
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        try Self.enter(path)
                        return try body()
                    })
            }
        }
    }

    /// Moves the calling thread into the namespace at this path.
    private static func enter(_ path: String) throws {
        // Every glibc has setns(2), but Swift's Glibc module does not export it.
        guard let symbol = dlsym(nil, "setns") else { throw Failure("the C library has no setns") }
        let setns = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
        let namespace = open(path, O_RDONLY)
        guard namespace >= 0 else { throw Failure("cannot open \(path): errno \(errno)") }
        defer { close(namespace) }
        guard setns(namespace, 0) == 0 else { throw Failure("setns \(path): errno \(errno)") }
    }

    /// Ends running programs on the hosts with SIGTERM, and with SIGKILL after `limit`.
    package func endPrograms(within limit: Duration = .seconds(3)) async {
        let running = programs.withLock { programs in
            defer { programs = [] }
            return programs
        }
        for program in running { program.send(SIGTERM) }
        for program in running { _ = await program.status(killedAfter: limit) }
    }

    private func must(_ arguments: String...) async throws {
        let program = try Program(arguments, in: directory)
        let status = await program.status(within: .seconds(10))
        _ = try Outcome(arguments: arguments, status: status, output: program.output).success
    }
}
