import ArgumentParser
import SealaneIdentity

struct AuthorityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Run a small certificate authority for a fleet. Needs no agent.",
        discussion: """
            Use it if you have no certificate authority. Hosts accept certificates of any authority in their trust \
            bundle, so use your own authority instead if you have one.

              sealane ca create /var/lib/sealane-ca --fleet prod
              sealane ca sign /var/lib/sealane-ca host.csr --out host.pem
              sealane ca revoke /var/lib/sealane-ca --instance i-0a --out revoked

            Keep the directory on a machine that is not part of the fleet: it holds the private key of the authority.
            """,
        subcommands: [
            AuthorityCreateCommand.self, AuthoritySignCommand.self, AuthorityRevokeCommand.self,
            AuthorityShowCommand.self,
        ])
}

/// Names the directory of the authority.
struct AuthorityOptions: ParsableArguments {
    @Argument(help: "The authority's directory.", completion: .directory)
    var directory: String

    var authority: AuthorityDirectory {
        AuthorityDirectory(directory.count > 1 && directory.hasSuffix("/") ? String(directory.dropLast()) : directory)
    }
}

extension DurationText {
    /// Reads the value of an option such as `--lifetime 24h`.
    init(argument text: String) throws {
        guard let duration = DurationText(text) else {
            throw ValidationError(
                "\"\(text)\" is not a duration; expected days, hours, minutes or seconds, \(DurationText.examples)")
        }
        self = duration
    }
}

extension CertificateSerial {
    /// Reads the value of an option such as `--serial 4a01`.
    init(argument text: String) throws {
        guard let serial = CertificateSerial(text) else {
            throw ValidationError("\"\(text)\" is not a serial number; expected up to 20 bytes, hexadecimal")
        }
        self = serial
    }
}
