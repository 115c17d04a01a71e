import ArgumentParser

struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "List, show, check, add and remove peers.",
        subcommands: [
            PeerListCommand.self, PeerShowCommand.self, PeerCheckCommand.self, PeerAddCommand.self,
            PeerRemoveCommand.self,
        ])
}
