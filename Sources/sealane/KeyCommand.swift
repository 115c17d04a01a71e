import ArgumentParser

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Makes keys. Needs no agent.",
        subcommands: [KeyGenerateCommand.self, KeyPublicCommand.self])
}
