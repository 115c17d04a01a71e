import ArgumentParser
import SealaneConsole
import SealaneEligibility

struct CatalogListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List every instance family and whether it encrypts in transit.")

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.print(CatalogReport(families: InstanceTypeCatalog.entries())) { $0.text($1) }
    }
}
