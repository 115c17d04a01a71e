import ArgumentParser

struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Show which instance families encrypt in transit. Needs no agent.",
        subcommands: [CatalogListCommand.self, CatalogShowCommand.self])
}
