import ArgumentParser
import FoundationEssentials
import SealaneAgent
import SealaneIdentity

struct IdentityVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Tells whether a certificate passes now; exit status 3 if it does not.")

    @Argument(help: "A certificate, as PEM.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp("The trust bundle: the certificates of the fleet's authorities, as PEM.", valueName: "path"),
        completion: .file())
    var trust: String

    @Option(
        help: ArgumentHelp("The revocation list, as sealane ca revoke prints it.", valueName: "path"),
        completion: .file())
    var revoked: String?

    @Option(help: ArgumentHelp("The fleet it must be of. Default: the one it names.", valueName: "name"))
    var fleet: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let certificate = try IdentityCertificate.read(file)
        let fleet = try fleet.map { try TrustDomain(fleet: $0) } ?? certificate.uri.trustDomain
        let trust = try TrustBundle.read(trust)
        let revocations = try revoked.map { try RevocationList.read($0, fleet: fleet, trust: trust) }
        let verifier = IdentityVerifier(fleet: fleet, trust: trust, revocations: revocations)
        let outcome = Result { () throws(IdentityRefusal) in try verifier.verify(certificate, at: Date(), source: file)
        }
        try output.print(CertificateVerdictReport(certificate, outcome)) { $0.text($1) }
        if case .failure = outcome { throw ExitStatus.refused }
    }
}
