import ArgumentParser

struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Asks for certificates, shows and verifies them. Needs no agent.",
        subcommands: [
            IdentityCSRCommand.self, IdentityDocumentCommand.self, IdentityShowCommand.self,
            IdentityVerifyCommand.self,
        ])
}
