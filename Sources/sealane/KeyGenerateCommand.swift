import ArgumentParser
import SealaneLinux
import SealaneTunnel

struct KeyGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Print a new private key.",
        discussion: """
              (umask 077; sealane key generate > private.key)

            Each host needs a key of its own. Never copy a private key to another host.
            """)

    func run() throws {
        if StandardOutput.isReadableByOthers {
            StandardError.write(
                "sealane: warning: other users can read the file with this key; chmod 600 it, and set umask 077\n")
        }
        var random = SystemRandomNumberGenerator()
        try PrivateKey.generate(using: &random).withText { try StandardOutput.write($0) }
        try StandardOutput.write(Array("\n".utf8))
    }
}
