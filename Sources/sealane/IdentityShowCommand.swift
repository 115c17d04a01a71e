import ArgumentParser
import SealaneConsole
import SealaneControl
import SealaneIdentity

struct IdentityShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the contents of a certificate without verifying it.")

    @Argument(help: "A certificate, as PEM.", completion: .file())
    var file: String

    @OptionGroup var output: OutputOptions

    func run() throws {
        try output.print(CertificateReport(try IdentityCertificate.read(file))) { $0.text($1) }
    }
}
