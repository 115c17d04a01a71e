import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneControl
import SealaneIdentity
import SealaneLinux

struct AuthoritySignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Issues the identity that a request asks for, and prints it as PEM.",
        discussion: """
            sealane ca sign DIRECTORY host.csr > host.pem

            Shows on standard error what it signs. Exit status 3: refused, since another key holds the instance's \
            identity, since the instance is revoked, or since the document is too old or was used by another key.

            With --document, type, region, zone, account and instance are what AWS signed, and the instance's private \
            address is added to the addresses. sealane identity document prints it on the host.
            """)

    @OptionGroup var place: AuthorityOptions

    @Argument(help: "A certificate signing request, as PEM.", completion: .file())
    var request: String

    @Option(
        help: ArgumentHelp("What AWS signed of the instance: base64, with the document inside.", valueName: "path"),
        completion: .file())
    var document: String?

    @Option(
        help: ArgumentHelp("How long ago the instance may have been launched. Default: 5m.", valueName: "time"),
        transform: Lifetime.init(argument:))
    var documentAge: Lifetime?

    @Option(
        help: ArgumentHelp(
            "A certificate that AWS publishes for a region which this version does not know; may be given again.",
            valueName: "region=path"), transform: RegionCertificateFile.init(argument:))
    var regionCertificate: [RegionCertificateFile] = []

    @Option(
        help: ArgumentHelp("How long the identity is valid. Default: 24h.", valueName: "time"),
        transform: Lifetime.init(argument:))
    var lifetime: Lifetime?

    @Flag(help: "Sign although another key holds a valid identity of the instance.")
    var reissue = false

    func validate() throws {
        guard document == nil else { return }
        if documentAge != nil { throw ValidationError("--document-age is of a document; expected --document too") }
        if !regionCertificate.isEmpty {
            throw ValidationError("--region-certificate verifies a document; expected --document too")
        }
    }

    func run() throws {
        var random = SystemRandomNumberGenerator()
        let certificate = try place.authority.sign(
            SigningRequest.read(request), document: verifiedDocument(),
            maximumDocumentAge: documentAge.map { .seconds($0.interval) } ?? InstanceIdentityDocument.maximumAge,
            lifetime: lifetime?.interval ?? CertificateAuthority.identityLifetime, reissuing: reissue, at: Date(),
            using: &random)
        StandardError.write(CertificateReport(certificate).text(ReportStyle(isColoured: false, now: Date())))
        try StandardOutput.write(certificate.pem)
    }

    private func verifiedDocument() throws -> InstanceIdentityDocument? {
        guard let document else { return nil }
        var certificates = RegionCertificates.aws
        for file in regionCertificate { try certificates.add(.read(file.path), region: file.region) }
        let signature = try AtomicFile.readExisting(
            document, maximumByteCount: InstanceIdentityDocument.byteLimit + 1)
        return try InstanceIdentityDocument(verifying: signature, with: certificates)
    }
}

/// The value of `--region-certificate us-east-1=us-east-1.pem`.
struct RegionCertificateFile {
    let region: String
    let path: String

    init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else {
            throw ValidationError("\"\(argument)\" names no region and certificate; expected REGION=PATH")
        }
        (region, path) = (String(parts[0]), String(parts[1]))
    }
}
