import ArgumentParser
import FoundationEssentials
import SealaneAgent
import SealaneIdentity
import SealaneLinux

struct AuthoritySignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Issues the identity that a request asks for, and prints it as PEM.",
        discussion: """
            sealane ca sign DIRECTORY host.csr > host.pem

            Shows on standard error what it signs. Exit status 3: refused, since another key holds the instance's \
            identity, or since the instance is revoked.
            """)

    @OptionGroup var place: AuthorityOptions

    @Argument(help: "A certificate signing request, as PEM.", completion: .file())
    var request: String

    @Option(
        help: ArgumentHelp("How long the identity is valid. Default: 24h.", valueName: "time"),
        transform: Lifetime.init(argument:))
    var lifetime: Lifetime?

    @Flag(help: "Sign although another key holds a valid identity of the instance.")
    var reissue = false

    func run() throws {
        var random = SystemRandomNumberGenerator()
        let certificate = try place.authority.sign(
            SigningRequest.read(request), lifetime: lifetime?.interval ?? CertificateAuthority.identityLifetime,
            reissuing: reissue, at: Date(), using: &random)
        StandardError.write(CertificateReport(certificate).text(ReportStyle(isColoured: false, now: Date())))
        try StandardOutput.write(certificate.pem)
    }
}
