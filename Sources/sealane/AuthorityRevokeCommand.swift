import ArgumentParser
import FoundationEssentials
import SealaneIdentity
import SealaneLinux

struct AuthorityRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revokes certificates, and prints the revocation list for the hosts.",
        discussion: """
            sealane ca revoke DIRECTORY --instance i-0a > revoked

            The list holds all that was revoked before as well. An instance revokes all certificates that name it, those to \
            come too. A serial number in the ledger revokes one certificate of this authority. The authority's own serial \
            number revokes everything that it has issued. Any other serial number, such as that of an intermediate, is \
            revoked whoever issued the certificate: --issuer names the authority whose certificate is meant.

            --refresh revokes nothing more: it gives the list the next number and today's date.
            """)

    @OptionGroup var place: AuthorityOptions

    @Option(
        name: .customLong("serial"),
        help: ArgumentHelp("A certificate's serial number, hexadecimal; repeatable.", valueName: "number"),
        transform: CertificateSerial.init(argument:))
    var serials: [CertificateSerial] = []

    @Option(name: .customLong("instance"), help: ArgumentHelp("An instance's id; repeatable.", valueName: "id"))
    var instances: [String] = []

    @Option(
        help: ArgumentHelp(
            "The certificate of the authority that issued the serial numbers, as PEM.", valueName: "path"),
        completion: .file())
    var issuer: String?

    @Flag(help: "Revoke nothing more: sign the list again, with the next number and today's date.")
    var refresh = false

    func validate() throws {
        if refresh, !serials.isEmpty || !instances.isEmpty {
            throw ValidationError("--refresh revokes nothing more; expected it without --serial and --instance")
        }
        if !refresh, serials.isEmpty, instances.isEmpty {
            throw ValidationError("expected --serial or --instance, or --refresh")
        }
        if issuer != nil, serials.isEmpty {
            throw ValidationError("--issuer is about serial numbers; expected --serial too")
        }
    }

    func run() throws {
        let entries = try place.authority.entries()
        let own = try place.authority.authority().certificate
        let issuer = try issuer.map { try AuthorityCertificate.read($0) }
        for serial in serials { tell(serial, entries, own, issuer) }
        for instance in instances where !entries.contains(where: { $0.instance == instance }) {
            StandardError.write("sealane: warning: no certificate of \(instance) is in the ledger\n")
        }
        let issued = issuer.map { issuer in
            serials.map { RevocationList.IssuedSerial($0, issuer: issuer.keyIdentifier) }
        }
        let list = try place.authority.revoke(
            serials: issued == nil ? Set(serials) : [], issuedSerials: Set(issued ?? []), instances: Set(instances),
            at: Date())
        try StandardOutput.write(list.text)
    }

    /// Says what a serial number comes to, unless it is that of an identity in the ledger.
    private func tell(
        _ serial: CertificateSerial, _ entries: [LedgerEntry], _ own: AuthorityCertificate,
        _ issuer: AuthorityCertificate?
    ) {
        if let issuer {
            StandardError.write("sealane: \(serial): the certificate of this number that \(issuer.title) has issued\n")
        } else if serial == own.serial {
            StandardError.write(
                "sealane: warning: \(serial) is the certificate of this authority: nothing that it has issued passes any "
                    + "more\n")
        } else if !entries.contains(where: { $0.serial == serial }) {
            StandardError.write(
                "sealane: warning: no certificate \(serial) is in the ledger; every certificate of this number is revoked, "
                    + "whoever issued it\n")
        }
    }
}
