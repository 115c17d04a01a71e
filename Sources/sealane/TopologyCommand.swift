import ArgumentParser
import SealaneFleet

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Takes snapshots of VPCs' routes, and judges paths by them. Needs no agent.",
        subcommands: [TopologyPullCommand.self, TopologyPathCommand.self, TopologyMapCommand.self])
}

/// Where the snapshot is.
struct TopologyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The snapshot.", valueName: "path"), completion: .file())
    var file = "/var/lib/sealane/topology.json"

    var snapshot: TopologyFile { TopologyFile(path: file) }
}

/// Why a command cannot do with a snapshot what it is told to.
struct TopologyProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
