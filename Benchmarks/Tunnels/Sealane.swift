import Foundation
import NetworkLab
import TunnelFigures
import TestSupport

/// The differences between the configurations of Sealane.
struct SealaneSettings {
    var suite = "aes-256-gcm"
    var provider = "ipsec-mb"
    var noCipher = false
    var spins = false
    var jumbo = false
    /// The number of additional peers that are configured but never used.
    var idlePeerCount = 0
    /// The hosts whose configurations contain them.
    var idlePeerHosts = 0..<2
    /// nil: the agent chooses.
    var laneCount: Int?

    /// The agent's defaults, except for the provider.
    init(provider: String) {
        self.provider = provider
    }

    init(_ contender: Contender) {
        switch contender {
        case .sealaneAESLibsodium: provider = "libsodium"
        case .sealaneChaChaIPsecMB: suite = "chacha20-poly1305"
        case .sealaneChaChaLibsodium: (suite, provider) = ("chacha20-poly1305", "libsodium")
        case .sealaneNoCipher: (provider, noCipher) = ("none", true)
        case .sealaneSpin: spins = true
        case .sealaneJumbo: jumbo = true
        case .sealaneManyPeers: idlePeerCount = 9_999
        default: break
        }
    }

    /// The sections of the configuration file for these settings.
    var configuration: String {
        // The build without a cipher has a single provider, which no configuration can name.
        let provider = noCipher ? "" : "provider: \(provider), "
        let lanes = (spins ? ["spin: on"] : []) + (laneCount.map { ["count: \($0)"] } ?? [])
        return """
            crypto: {\(provider)suites: [\(suite)]}\(lanes.isEmpty ? "" : "\nlanes: {\(lanes.joined(separator: ", "))}")
            """
    }
}

/// The agent's report about ciphers and offloads in use.
private struct SealaneStatus: Decodable {
    struct Crypto: Decodable {
        let provider: String
    }
    struct Offload: Decodable {
        let name: String
        let on: Bool
        let reason: String?
    }
    let crypto: Crypto
    let offloads: [Offload]
    let lanes: Int
}

private struct SealanePeer: Decodable {
    struct Session: Decodable {
        let suite: String
    }
    let session: Session?
}

extension Tunnel {
    static func sealane(_ settings: SealaneSettings, in lab: Lab) async throws -> Tunnel {
        let folder = settings.noCipher ? lab.noCipherPrograms ?? lab.programs : lab.programs
        var publicKeys: [String] = []
        for host in 0..<2 {
            let key = lab.path("sealane-\(host).key")
            let text = try await lab.run(
                host,
                [
                    "sh", "-ec",
                    "umask 077; \(folder)/sealane key generate > \(key); \(folder)/sealane key public < \(key)",
                ])
            publicKeys.append(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        var agents: [Program] = []
        var setup: [String] = []
        for host in 0..<2 {
            let text = configuration(settings, of: host, publicKeys, in: lab)
            let idleCount = settings.idlePeerHosts.contains(host) ? settings.idlePeerCount : 0
            let path = try lab.network.directory.write(
                text + idlePeers(idleCount), to: "sealane-\(host).yaml")
            agents.append(try lab.network.start(host, ["\(folder)/sealaned", "--config", path]))
            let more = idleCount > 0 ? "  # and \(idleCount) peers more\n" : ""
            setup.append(lab.withoutScratchPath("sealaned --config \(path)\n\(text)\(more)"))
        }
        return Tunnel(
            address: "10.78.0.2", agents: agents, setup: setup,
            facts: { try await facts(settings, folder: folder, in: lab) })
    }

    private static func configuration(
        _ settings: SealaneSettings, of host: Int, _ publicKeys: [String], in lab: Lab
    ) -> String {
        let cable = settings.jumbo ? 1 : 0
        let other = 1 - host
        return """
            agent:
              interface: sealane0
              listen: 10.77.\(cable).\(host + 1):7325
              addresses: [10.78.0.\(host + 1)/24]
              private-key-file: \(lab.path("sealane-\(host).key"))
              state-directory: \(lab.path("sealane-\(host).state"))
              control-socket: \(lab.path("sealane-\(host).sock"))
            instance: {id: i-0\(host), type: c5n.large, region: us-east-1, vpc: vpc-0a}
            \(settings.configuration)
            peers:
              - name: other
                endpoint: 10.77.\(cable).\(other + 1):7325
                public-key: \(publicKeys[other])
                addresses: [10.78.0.\(other + 1)/32]
                instance: {type: c5n.large, region: us-east-1, vpc: vpc-0a}

            """
    }

    /// At most 2^20 entries. Any 32 bytes are an X25519 public key.
    private static func idlePeers(_ count: Int) -> String {
        (0..<count).map { index in
            """
              - name: idle\(index)
                endpoint: 10.\(100 + index >> 16).\(index >> 8 & 255).\(index & 255):7325
                public-key: \(Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString())
                addresses: [10.\(120 + index >> 16).\(index >> 8 & 255).\(index & 255)/32]
                instance: {type: c5n.large, region: us-east-1, vpc: vpc-0a}

            """
        }.joined()
    }

    /// The facts that both agents report. Throws unless the suite and the provider are those of `settings`.
    private static func facts(_ settings: SealaneSettings, folder: String, in lab: Lab) async throws -> [String] {
        var facts: [String] = []
        for host in 0..<2 {
            let status = try await report(SealaneStatus.self, of: host, folder: folder, in: lab, "status")
            guard status.crypto.provider == settings.provider else {
                throw Failure("agent \(host) uses the provider \(status.crypto.provider), not \(settings.provider)")
            }
            let suite = try await report(SealanePeer.self, of: host, folder: folder, in: lab, "peer", "show", "other")
                .session?.suite.lowercased()
            guard suite == settings.suite else {
                throw Failure("agent \(host) uses \(suite ?? "no session"), not \(settings.suite)")
            }
            let offloads = status.offloads.map {
                "\($0.name) \($0.on ? "on" : "off (\($0.reason ?? "no reason given"))")"
            }
            facts.append(
                """
                # host \(host + 1): \(settings.suite), provider \(settings.provider), lanes \(status.lanes), \
                \(offloads.joined(separator: ", "))
                """)
        }
        return facts
    }

    /// The JSON report of `sealane` for the agent of a host.
    static func report<Report: Decodable>(
        _ type: Report.Type, of host: Int, folder: String, in lab: Lab, _ command: String...
    ) async throws -> Report {
        let socket = lab.path("sealane-\(host).sock")
        let text = try await lab.run(host, ["\(folder)/sealane"] + command + ["--json", "--control-socket", socket])
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw Failure("cannot decode sealane \(command.joined(separator: " ")) --json: \(error)")
        }
    }
}
