import ArgumentParser
import FoundationEssentials
import SealaneConsole

struct AuthorityShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show an authority: what it has issued, and what it has revoked.")

    @OptionGroup var place: AuthorityOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.print(AuthorityReport(place.authority, at: Date())) { $0.text($1) }
    }
}
