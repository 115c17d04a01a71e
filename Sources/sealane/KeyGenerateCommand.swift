import ArgumentParser
import SealaneLinux
import SealaneTunnel

struct KeyGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Prints a new private key.",
        discussion: "Keep it to yourself: (umask 077; sealane key generate > private.key)")

    func run() throws {
        if StandardOutput.isReadableByOthers {
            StandardError.write(
                "sealane: warning: others can read the file this key goes to; chmod 600 it, and use umask 077 first\n")
        }
        var random = SystemRandomNumberGenerator()
        try PrivateKey.generate(using: &random).withText { try StandardOutput.write($0) }
        try StandardOutput.write(Array("\n".utf8))
    }
}
