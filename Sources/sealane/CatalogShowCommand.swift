import ArgumentParser
import SealaneConsole

struct CatalogShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract:
            "Shows whether a type or family encrypts in transit; exit status 3 if it does not, or is not known to.",
        discussion: "Of a type, the size counts as well: the catalog knows the sizes of every family.")

    @Argument(help: "An instance type such as m5n.xlarge, or a family such as m5n.")
    var name: String

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard CatalogAnswerReport(of: name) != nil else {
            throw ValidationError("\"\(name)\" is not an instance type; expected one such as m5n.xlarge, or m5n")
        }
    }

    func run() throws {
        guard let answer = CatalogAnswerReport(of: name) else { return }
        try output.print(answer) { $0.text($1) }
        if answer.answer != .supported { throw ExitStatus.refused }
    }
}
