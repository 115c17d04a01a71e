import ArgumentParser
import SealaneConsole

struct CatalogShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show whether an instance type or family encrypts in transit.",
        discussion: """
              sealane catalog show m5n.xlarge

            For a type, the catalog also checks that the family has this size.

            Exit status: 0 it encrypts, 3 it does not or the catalog does not know it.
            """)

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
