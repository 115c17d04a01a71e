import ArgumentParser
import SealaneFleet
import SealaneIdentity

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Take snapshots of VPC routes, and check paths with them. Needs no agent.",
        subcommands: [TopologyPullCommand.self, TopologyPathCommand.self, TopologyMapCommand.self])
}

/// Names the file of the snapshot.
struct TopologyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The file of the snapshot.", valueName: "path"), completion: .file())
    var file = "/var/lib/sealane/topology.json"

    var snapshot: TopologyFile { TopologyFile(path: file) }
}

/// Limits the age of the snapshot.
struct TopologyAgeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The greatest age of the snapshot. Default: 24h.", valueName: "time"),
        transform: DurationText.init(argument:))
    var maxAge: DurationText?

    var maximum: Duration { maxAge.map { .seconds($0.interval) } ?? TopologySnapshot.maximumAge }
}

/// Why a command cannot use a snapshot.
struct TopologyProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
