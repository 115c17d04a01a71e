import ArgumentParser
import FoundationEssentials
import SealaneConsole
import SealaneControl
import SealaneIdentity
import SealaneLinux

struct AuthoritySignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a certificate request, and print the certificate as PEM.",
        discussion: """
              sealane ca sign DIRECTORY host.csr --out host.pem
              sealane ca sign DIRECTORY host.csr --document host.rsa2048 --out host.pem

            Prints on standard error what it signs: check that before you install the certificate.

            With --document, AWS vouches for type, region, zone, account and instance, and the private address of the \
            instance is added to the addresses. Use it whenever you cannot otherwise be sure which host sent the \
            request. sealane identity document prints the document on the host. Without it, the request's own claims \
            are signed.

            Exit status 3: refused, because another key holds a valid identity of the instance, the instance is \
            revoked, or the document is too old or was used by another key.
            """)

    @OptionGroup var place: AuthorityOptions

    @Argument(help: "A certificate signing request, as PEM.", completion: .file())
    var request: String

    @Option(
        help: ArgumentHelp("The instance identity document that AWS signed, as base64 (PKCS#7).", valueName: "path"),
        completion: .file())
    var document: String?

    @Option(
        help: ArgumentHelp("The greatest age of the instance's launch. Default: 5m.", valueName: "time"),
        transform: DurationText.init(argument:))
    var documentAge: DurationText?

    @Option(
        help: ArgumentHelp(
            "The certificate that AWS publishes for a region which this version does not know. May be repeated.",
            valueName: "region=path"), transform: RegionCertificateFile.init(argument:))
    var regionCertificate: [RegionCertificateFile] = []

    @Option(
        help: ArgumentHelp("How long the identity is valid. Default: 24h.", valueName: "time"),
        transform: DurationText.init(argument:))
    var lifetime: DurationText?

    @Flag(help: "Sign even if another key holds a valid identity of the instance.")
    var reissue = false

    @OptionGroup var result: ResultOptions

    func validate() throws {
        guard document == nil else { return }
        if documentAge != nil { throw ValidationError("--document-age limits a document; expected --document too") }
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
        try result.write(certificate.pem)
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

/// Reads the value of `--region-certificate us-east-1=us-east-1.pem`.
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
