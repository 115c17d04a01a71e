import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneIdentity

struct IdentityVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verify a certificate against a trust bundle, as an agent would.",
        discussion: """
              sealane identity verify host.pem --trust ca.pem --revoked revoked

            Exit status: 0 the certificate is valid now; 3 it is not, or is malformed (reason certificate-untrusted); \
            1 a file cannot be read, or the trust bundle or the revocation list is malformed.
            """)

    @Argument(help: "A certificate, as PEM.", completion: .file())
    var file: String

    @Option(
        help: ArgumentHelp("The trust bundle: the certificates of the fleet's authorities, as PEM.", valueName: "path"),
        completion: .file())
    var trust: String

    @Option(
        help: ArgumentHelp("The revocation list that sealane ca revoke printed.", valueName: "path"),
        completion: .file())
    var revoked: String?

    @Option(
        help: ArgumentHelp(
            "The fleet that the certificate must name. Default: the one that it names.", valueName: "name"))
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

    /// A malformed certificate is refused, as an agent refuses it. Only a file that cannot be read is an error.
    private func readCertificate() throws(IdentityError) -> Result<IdentityCertificate, IdentityRefusal> {
        do throws(IdentityError) {
            return .success(try IdentityCertificate.read(file))
        } catch {
            guard case .content(_, _, _, let problem) = error else { throw error }
            return .failure(IdentityRefusal(notInOrder: problem, source: file))
        }
    }
}
