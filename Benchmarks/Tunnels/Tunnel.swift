import NetworkLab
import TunnelFigures
import TestSupport

/// A running contender: both hosts reach each other through it.
struct Tunnel {
    /// The address of host 1, as host 0 reaches it.
    let address: String
    /// The agents of hosts 0 and 1; empty without a tunnel.
    let agents: [Program]
    /// The commands and configuration files, for the report.
    let setup: [String]
    /// What the agents report to use, for the report. Throws unless this is what the contender's title says.
    var facts: @Sendable () async throws -> [String] = { [] }

    /// The MTU of every contender except the jumbo one: the greatest inner packet that all of them carry in one
    /// datagram over 1500 bytes. It is a multiple of 16, to which WireGuard pads.
    static let mtu = 1440

    /// Starts `contender` on both hosts and waits until a ping comes back.
    static func start(_ contender: Contender, in lab: Lab) async throws -> Tunnel {
        let tunnel =
            switch contender {
            case .noTunnel: Tunnel(address: "10.77.0.2", agents: [], setup: [])
            case .wireGuardGo: try await wireGuard(in: lab)
            case .nebula: try await nebula(in: lab)
            case .openVPN: try await openVPN(in: lab)
            default: try await sealane(SealaneSettings(contender), in: lab)
            }
        try await eventually(within: .seconds(60), "\(contender.title) answers a ping; \(tunnel.logs)") {
            if let ended = tunnel.agents.first(where: { !$0.isRunning }) {
                throw Failure("an agent of \(contender.title) ended: \(ended.lastLines)")
            }
            return try await lab.network.run(0, "ping", "-n", "-c", "1", "-W", "1", tunnel.address).status == 0
        }
        return tunnel
    }

    private var logs: String { agents.map(\.lastLines).joined(separator: "\n") }

    private static func wireGuard(in lab: Lab) async throws -> Tunnel {
        let wireGuard = try await WireGuard(on: lab.network, mtu: mtu)
        return Tunnel(
            address: WireGuard.address(of: 1), agents: wireGuard.programs,
            setup: wireGuard.commands.map(lab.withoutScratchPath))
    }

    /// Why `contender` cannot be measured on this machine; nil if it can.
    static func reasonToSkip(_ contender: Contender, in lab: Lab) async throws -> String? {
        let program: String
        switch contender {
        case .noTunnel: return nil
        case .wireGuardGo: program = "wireguard-go"
        case .nebula: program = "nebula"
        case .openVPN: program = "openvpn"
        case .sealaneNoCipher:
            guard let folder = lab.noCipherPrograms else {
                return "--no-cipher-programs is missing; expected the directory of the build without a cipher"
            }
            program = "\(folder)/sealaned"
        default: program = "\(lab.programs)/sealaned"
        }
        let found = try await lab.network.run(0, "sh", "-c", "command -v \(program)").status == 0
        return found ? nil : "there is no program \(program)"
    }

    /// The version that `contender` prints.
    static func version(of contender: Contender, in lab: Lab) async throws -> String? {
        let command: [String]
        switch contender {
        case .noTunnel: return nil
        case .wireGuardGo: command = ["wireguard-go", "--version"]
        case .nebula: command = ["nebula", "-version"]
        case .openVPN: command = ["openvpn", "--version"]
        case .sealaneNoCipher: command = ["\(lab.noCipherPrograms ?? lab.programs)/sealaned", "--version"]
        default: command = ["\(lab.programs)/sealaned", "--version"]
        }
        // OpenVPN prints its version with exit status 1.
        return try await lab.network.run(0, command).output.split(separator: "\n").first.map(String.init)
    }
}

extension Program {
    /// The last lines of the output.
    var lastLines: String { output.split(separator: "\n").suffix(8).joined(separator: "\n") }
}
