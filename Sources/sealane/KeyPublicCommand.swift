import ArgumentParser
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

struct KeyPublicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public", abstract: "Read a private key from standard input and print its public key.",
        discussion: "sealane key public < private.key")

    func run() throws {
        let key = try StandardInput.withContents(limit: 4096) {
            try PrivateKey(fileContent: $0, source: "standard input").publicKey
        }
        try StandardOutput.write(Array("\(key)\n".utf8))
    }
}
