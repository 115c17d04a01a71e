import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneIdentity

struct IdentityVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Tells whether a certificate passes now; exit status 3 if it does not.",
        discussion: """
            Exit status 3 also of a certificate that is not in order, with certificate-untrusted as the reason. Exit status \
            1: a file cannot be read, or trust bundle or revocation list are not in order.
            """)

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
        let now = Date()
        let trust = try TrustBundle.read(trust)
        let named = try fleet.map { try TrustDomain(fleet: $0) }
        let certificate = try readCertificate()
        var lists: [RevocationList] = []
        if let revoked, let fleet = named ?? (try? certificate.get())?.uri.trustDomain {
            lists = try Revocations.read(revoked, fleet: fleet, trust: trust, memory: nil, at: now).lists
        }
        let outcome = certificate.flatMap { certificate in
            let verifier = IdentityVerifier(
                fleet: named ?? certificate.uri.trustDomain, trust: trust, revocations: lists)
            return Result { () throws(IdentityRefusal) in try verifier.verify(certificate, at: now, source: file) }
        }
        try output.print(CertificateVerdictReport(try? certificate.get(), outcome)) { $0.text($1) }
        if case .failure = outcome { throw ExitStatus.refused }
    }

    /// What is in the file and is no certificate in order is a certificate that does not pass, as it is for an agent.
    private func readCertificate() throws(IdentityError) -> Result<IdentityCertificate, IdentityRefusal> {
        do throws(IdentityError) {
            return .success(try IdentityCertificate.read(file))
        } catch {
            guard case .content(_, _, _, let problem) = error else { throw error }
            return .failure(IdentityRefusal(notInOrder: problem, source: file))
        }
    }
}
