import ArgumentParser

struct IdentityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Request, show and verify the certificates of hosts. Needs no agent.",
        subcommands: [
            IdentityCSRCommand.self, IdentityDocumentCommand.self, IdentityShowCommand.self,
            IdentityVerifyCommand.self,
        ])
}
