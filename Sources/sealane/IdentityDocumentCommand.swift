import ArgumentParser
import SealaneConfiguration
import SealaneIdentity

struct IdentityDocumentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "document",
        abstract: "Print the instance identity document that AWS signed, for sealane ca sign --document.",
        discussion: """
              sealane identity document --out host.rsa2048

            Asks the instance metadata service, as the agent would, and verifies nothing. The document is not secret.
            """)

    @Option(
        help: ArgumentHelp("The configuration of the agent.", valueName: "path"),
        completion: .file(extensions: ["yaml"]))
    var config = "/etc/sealane/sealane.yaml"

    @OptionGroup var result: ResultOptions

    func run() async throws {
        let configuration = try ConfigurationDecoder.read(config)
        let document = try await configuration.metadata.client().signedIdentityDocument()
        let newline = UInt8(ascii: "\n")
        try result.write(document.last == newline ? document : document + [newline])
    }
}
