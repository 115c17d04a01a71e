import Foundation

/// wireguard-go of Debian between hosts 0 and 1 of a network, at 10.79.0.1 and 10.79.0.2, over 10.77.0.n.
package struct WireGuard: Sendable {
    /// The programs of hosts 0 and 1.
    package let programs: [Program]
    /// The commands that set up each host.
    package let commands: [String]

    package static func address(of index: Int) -> String { "10.79.0.\(index + 1)" }

    package init(on network: Network, mtu: Int) async throws {
        var programs: [Program] = []
        var commands: [String] = []
        var keys: [(path: String, publicKey: String)] = []
        for index in 0..<2 {
            let path = network.directory.path("wg-\(index)")
            let made = try await network.run(index, "sh", "-ec", "umask 077; wg genkey > \(path); wg pubkey < \(path)")
            keys.append((path, try made.success.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        for (index, other) in [(0, 1), (1, 0)] {
            // The name is also the name of a socket that all namespaces share.
            let interface = "wg\(UUID().uuidString.prefix(8).lowercased())"
            let program = try network.start(index, ["wireguard-go", "-f", interface])
            programs.append(program)
            try await eventually("wireguard-go is up: \(program.output)") {
                try await network.run(index, "wg", "show", interface).status == 0
            }
            let setup = """
                wg set \(interface) listen-port 51820 private-key \(keys[index].path) \
                peer \(keys[other].publicKey) allowed-ips \(Self.address(of: other))/32 \
                endpoint 10.77.0.\(other + 1):51820
                ip address add \(Self.address(of: index))/24 dev \(interface)
                ip link set \(interface) mtu \(mtu) up
                """
            _ = try await network.run(index, "sh", "-ec", setup).success
            commands.append("wireguard-go -f \(interface) &\n\(setup)")
        }
        self.programs = programs
        self.commands = commands
    }
}
