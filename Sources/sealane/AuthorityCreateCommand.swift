import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneIdentity

struct AuthorityCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create an authority: a key, a self-signed root, an empty ledger and a revocation list.",
        discussion: """
              sealane ca create DIRECTORY --fleet prod

            To replace an authority, create the new one with --succeeds: instances that the old authority revoked stay \
            revoked. Put both roots into the trust bundle of the hosts until all identities of the old one have expired.
            """)

    @OptionGroup var place: AuthorityOptions

    @Option(help: ArgumentHelp("The name of the fleet, as in the configurations of the hosts.", valueName: "name"))
    var fleet: String

    @Option(
        help: ArgumentHelp("How long the root is valid. Default: 3650d.", valueName: "time"),
        transform: DurationText.init(argument:))
    var lifetime: DurationText?

    @Option(
        help: ArgumentHelp(
            "The directory of the authority to succeed: the new authority revokes the instances that it revoked.",
            valueName: "directory"), completion: .directory)
    var succeeds: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        do throws(IdentityProblem) {
            _ = try TrustDomain(fleet: fleet)
        } catch {
            throw ValidationError("--fleet: \(error)")
        }
    }

    func run() throws {
        var random = SystemRandomNumberGenerator()
        let now = Date()
        let revoked = try succeeds.map { try AuthorityDirectory($0).revocations()?.instances ?? [] }
        _ = try place.authority.create(
            fleet: TrustDomain(fleet: fleet), lifetime: lifetime?.interval ?? CertificateAuthority.rootLifetime,
            revoking: revoked ?? [], at: now, using: &random)
        try output.print(AuthorityReport(place.authority, at: now)) { $0.text($1) }
    }
}
