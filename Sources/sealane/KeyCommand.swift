import ArgumentParser

struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Create keys. Needs no agent.",
        subcommands: [KeyGenerateCommand.self, KeyPublicCommand.self])
}
