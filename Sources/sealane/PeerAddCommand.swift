import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneEligibility
import SealaneFleet

struct PeerAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Adds a peer. It stays until it is removed, across restarts.")

    @Argument(help: "A name of your choice, unique on this host.")
    var name: String

    @Option(help: ArgumentHelp("The peer's underlay address and port.", valueName: "address:port"))
    var endpoint: String

    @Option(help: ArgumentHelp("As sealane key public prints it there.", valueName: "base64"))
    var publicKey: String

    @Option(
        name: .customLong("address"),
        help: ArgumentHelp("An overlay prefix of the peer; repeatable.", valueName: "prefix")
    )
    var addresses: [String]

    @Option(help: ArgumentHelp("Its instance's type.", valueName: "family.size"))
    var type: String?

    @Option(help: "Its Region.")
    var region: String?

    @Option(help: "Its VPC.")
    var vpc: String?

    @Option(help: "Its instance's id.")
    var id: String?

    @Option(help: "Its account.")
    var account: String?

    @Option(help: "Its Availability Zone.")
    var zone: String?

    @Option(help: "Its subnet.")
    var subnet: String?

    @Option(
        help: ArgumentHelp("A file with the secret shared with this peer.", valueName: "path"), completion: .file())
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

    /// A problem of a JSON key, in the words of the command line: `publicKey: ...` is about --public-key.
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
