import ArgumentParser
import FoundationEssentials
import SealaneIdentity
import SealaneLinux

struct AuthorityRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revokes certificates, and prints the revocation list for the hosts.",
        discussion: """
            sealane ca revoke DIRECTORY --instance i-0a > revoked

            The list holds all that was revoked before as well. A serial number revokes one certificate, an instance all \
            that name it, those to come too.
            """)

    @OptionGroup var place: AuthorityOptions

    @Option(
        name: .customLong("serial"),
        help: ArgumentHelp("A certificate's serial number, hexadecimal; repeatable.", valueName: "number"),
        transform: CertificateSerial.init(argument:))
    var serials: [CertificateSerial] = []

    @Option(name: .customLong("instance"), help: ArgumentHelp("An instance's id; repeatable.", valueName: "id"))
    var instances: [String] = []

    func validate() throws {
        if serials.isEmpty, instances.isEmpty { throw ValidationError("expected --serial or --instance") }
    }

    func run() throws {
        let entries = try place.authority.entries()
        for serial in serials where !entries.contains(where: { $0.serial == serial }) {
            StandardError.write("sealane: warning: no certificate \(serial) is in the ledger\n")
        }
        for instance in instances where !entries.contains(where: { $0.instance == instance }) {
            StandardError.write("sealane: warning: no certificate of \(instance) is in the ledger\n")
        }
        let list = try place.authority.revoke(
            serials: Set(serials), instances: Set(instances), at: Date())
        try StandardOutput.write(list.text)
    }
}
