import ArgumentParser

struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "Shows, checks, adds and removes peers.",
        subcommands: [
            PeerListCommand.self, PeerShowCommand.self, PeerCheckCommand.self, PeerAddCommand.self,
            PeerRemoveCommand.self,
        ])
}
