import ArgumentParser
import SealaneIdentity

struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "A small certificate authority for a fleet that has none. Needs no agent.",
        subcommands: [
            AuthorityCreateCommand.self, AuthoritySignCommand.self, AuthorityRevokeCommand.self,
            AuthorityShowCommand.self,
        ])
}

/// Where the authority is.
struct AuthorityOptions: ParsableArguments {
    @Argument(help: "The authority's directory.", completion: .directory)
    var directory: String

    var authority: AuthorityDirectory {
        AuthorityDirectory(directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory)
    }
}

extension DurationText {
    /// The value of an option such as `--lifetime 24h`.
    init(argument text: String) throws {
        guard let lifetime = DurationText(text) else {
            throw ValidationError(
                "\"\(text)\" is not a lifetime; expected minutes, hours or days, such as 90m, 24h or 7d")
        }
        self = lifetime
    }
}

extension CertificateSerial {
    /// The value of an option such as `--serial 4a01`.
    init(argument text: String) throws {
        guard let serial = CertificateSerial(text) else {
            throw ValidationError("\"\(text)\" is not a serial number; expected up to 20 bytes, hexadecimal")
        }
        self = serial
    }
}
