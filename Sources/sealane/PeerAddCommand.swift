import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneEligibility
import SealaneFleet

struct PeerAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a peer. It survives restarts, until you remove it.",
        discussion: """
              sealane peer add web-1 --endpoint 10.0.0.2:7325 --public-key KEY --address 100.64.0.2/32

            Use it for a peer that you add while the agent runs. Peers that belong to the host's configuration are \
            better kept in the configuration file; run sealane reload after changing it.
            """)

    @Argument(help: "A name for the peer, unique on this host.")
    var name: String

    @Option(help: ArgumentHelp("The peer's underlay address and port.", valueName: "address:port"))
    var endpoint: String

    @Option(help: ArgumentHelp("The peer's public key, as sealane key public prints it there.", valueName: "base64"))
    var publicKey: String

    @Option(
        name: .customLong("address"),
        help: ArgumentHelp("An overlay prefix of the peer. May be repeated.", valueName: "prefix")
    )
    var addresses: [String]

    @Option(help: ArgumentHelp("The instance type of the peer.", valueName: "family.size"))
    var type: String?

    @Option(help: "The Region of the peer.")
    var region: String?

    @Option(help: "The VPC of the peer.")
    var vpc: String?

    @Option(help: "The instance ID of the peer.")
    var id: String?

    @Option(help: "The account of the peer.")
    var account: String?

    @Option(help: "The Availability Zone of the peer.")
    var zone: String?

    @Option(help: "The subnet of the peer.")
    var subnet: String?

    @Option(
        help: ArgumentHelp("A file with the pre-shared key for this peer.", valueName: "path"), completion: .file())
    var presharedKeyFile: String?

    @OptionGroup var agent: AgentOptions
    @OptionGroup var output: OutputOptions

    private var peer: PeerRecord {
        let instance = InstanceRecord([
            .instanceID: id, .instanceType: type, .account: account, .region: region, .zone: zone, .vpc: vpc,
            .subnet: subnet,
        ])
        return PeerRecord(
            name: name, endpoint: endpoint, publicKey: publicKey, addresses: addresses, instance: instance,
            presharedKeyFile: presharedKeyFile.map { URL(filePath: $0).path })
    }

    func validate() throws {
        do throws(PeerRecordError) {
            _ = try peer.definition()
        } catch {
            throw ValidationError(error.problems.map(Self.naming(option:)).joined(separator: "\n"))
        }
    }

    /// Rewrites a problem of a JSON key for the command line: `publicKey: ...` becomes `--public-key: ...`.
    private static func naming(option problem: String) -> String {
        let names = [
            "endpoint": "--endpoint", "publicKey": "--public-key", "addresses": "--address",
            "presharedKeyFile": "--preshared-key-file",
        ]
        guard let colon = problem.firstIndex(of: ":") else { return problem }
        let key = String(problem[..<colon])
        let option = key.hasPrefix("instance.") ? "--" + key.dropFirst("instance.".count) : names[key] ?? key
        return option + problem[colon...]
    }

    func run() async throws {
        try output.print(await agent.client.add(peer)) { $0.text($1) }
    }
}
