import ArgumentParser
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

struct KeyGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a new private key.",
        discussion: """
              sealane key generate --out private.key

            Each host needs a key of its own. Never copy a private key to another host.
            """)

    @Option(
        help: ArgumentHelp(
            "The file to create, for its owner alone. An existing file stays as it is, and the command fails. "
                + "Default: standard output.", valueName: "path"), completion: .file())
    var out: String?

    func run() throws {
        var random = SystemRandomNumberGenerator()
        if let out {
            _ = try PrivateKeyFile.create(out, using: &random)
            return
        }
        if StandardOutput.isReadableByOthers {
            StandardError.write(
                "sealane: warning: other users can read the file with this key; chmod 600 it, and set umask 077\n")
        }
        try PrivateKey.generate(using: &random).withText { try StandardOutput.write($0) }
        try StandardOutput.write(Array("\n".utf8))
    }
}
