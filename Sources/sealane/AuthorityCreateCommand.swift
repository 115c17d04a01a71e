import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneIdentity

struct AuthorityCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a new authority: a key, a self-signed root, an empty ledger, a revocation list.")

    @OptionGroup var place: AuthorityOptions

    @Option(help: ArgumentHelp("The fleet's name, as in the hosts' configurations.", valueName: "name"))
    var fleet: String

    @Option(
        help: ArgumentHelp("How long the root is valid. Default: 3650d.", valueName: "time"),
        transform: Lifetime.init(argument:))
    var lifetime: Lifetime?

    @Option(
        help: ArgumentHelp(
            "The directory of the authority that it takes over from: instances that are revoked there are revoked here.",
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
