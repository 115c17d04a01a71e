import ArgumentParser
import FoundationEssentials
import SealaneIdentity
import SealaneLinux

struct AuthorityRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke certificates, and print the revocation list for the hosts.",
        discussion: """
              sealane ca revoke DIRECTORY --instance i-0a --out revoked

            The list also contains everything that was revoked before. Copy it to all hosts. A revocation cannot be undone.

            --instance revokes every certificate that names the instance, including future ones. --serial with a \
            number in the ledger revokes one certificate of this authority. --serial with the number of the authority \
            itself revokes everything that the authority has issued. Any other number, such as that of an \
            intermediate, revokes the certificates with this number of all issuers, unless --issuer names the issuer.

            --refresh revokes nothing more. It signs the list again, with the next number and today's date, so that \
            hosts do not report a stale list (identity.revocations-max-age).
            """)

    @OptionGroup var place: AuthorityOptions

    @Option(
        name: .customLong("serial"),
        help: ArgumentHelp("The serial number of a certificate, hexadecimal. May be repeated.", valueName: "number"),
        transform: CertificateSerial.init(argument:))
    var serials: [CertificateSerial] = []

    @Option(
        name: .customLong("instance"), help: ArgumentHelp("The ID of an instance. May be repeated.", valueName: "id"))
    var instances: [String] = []

    @Option(
        help: ArgumentHelp(
            "The certificate of the authority that issued the certificates of --serial, as PEM.", valueName: "path"),
        completion: .file())
    var issuer: String?

    @Flag(help: "Revoke nothing more: sign the list again, with the next number and today's date.")
    var refresh = false

    @OptionGroup var result: ResultOptions

    func validate() throws {
        if refresh, !serials.isEmpty || !instances.isEmpty {
            throw ValidationError("--refresh revokes nothing more; expected neither --serial nor --instance with it")
        }
        if !refresh, serials.isEmpty, instances.isEmpty {
            throw ValidationError("expected --serial or --instance, or --refresh")
        }
        if issuer != nil, serials.isEmpty {
            throw ValidationError("--issuer applies to serial numbers; expected --serial too")
        }
    }

    func run() throws {
        let entries = try place.authority.entries()
        let own = try place.authority.authority().certificate
        let issuer = try issuer.map { try AuthorityCertificate.read($0) }
        for serial in serials { describe(serial, entries, own, issuer) }
        for instance in instances where !entries.contains(where: { $0.instance == instance }) {
            StandardError.write("sealane: warning: no certificate of \(instance) is in the ledger\n")
        }
        let issued = issuer.map { issuer in
            serials.map { RevocationList.IssuedSerial($0, issuer: issuer.keyIdentifier) }
        }
        let list = try place.authority.revoke(
            serials: issued == nil ? Set(serials) : [], issuedSerials: Set(issued ?? []), instances: Set(instances),
            at: Date())
        try result.write(list.text)
    }

    /// Prints the effect of revoking a serial number, unless the number belongs to an identity in the ledger.
    private func describe(
        _ serial: CertificateSerial, _ entries: [LedgerEntry], _ own: AuthorityCertificate,
        _ issuer: AuthorityCertificate?
    ) {
        if let issuer {
            StandardError.write(
                "sealane: \(serial): revokes the certificate with this number that \(issuer.title) issued\n")
        } else if serial == own.serial {
            StandardError.write(
                "sealane: warning: \(serial) is the certificate of this authority: hosts refuse everything that it has "
                    + "issued\n")
        } else if !entries.contains(where: { $0.serial == serial }) {
            StandardError.write(
                "sealane: warning: no certificate \(serial) is in the ledger: the list revokes the certificates with this "
                    + "number of all issuers\n")
        }
    }
}
