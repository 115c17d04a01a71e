import ArgumentParser
import SealaneConfiguration
import SealaneIdentity
import SealaneLinux

struct IdentityDocumentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "document", abstract: "Prints what AWS signed of this instance, for sealane ca sign --document.",
        discussion: """
            sealane identity document > host.rsa2048

            Asks the instance metadata service, as the agent would, and checks nothing. It is no secret.
            """)

    @Option(
        help: ArgumentHelp("The agent's configuration.", valueName: "path"), completion: .file(extensions: ["yaml"]))
    var config = "/etc/sealane/sealane.yaml"

    func run() async throws {
        let configuration = try ConfigurationDecoder.read(config)
        let document = try await configuration.metadata.client().signedIdentityDocument()
        let newline = UInt8(ascii: "\n")
        try StandardOutput.write(document.last == newline ? document : document + [newline])
    }
}
