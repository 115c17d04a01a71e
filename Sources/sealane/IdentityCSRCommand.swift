import ArgumentParser
import SealaneConfiguration
import SealaneIdentity
import SealaneLinux

struct IdentityCSRCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr", abstract: "Print a certificate signing request for this host, as PEM.",
        discussion: """
              sealane identity csr --config /etc/sealane/sealane.yaml --key /etc/sealane/identity.key --out host.csr

            The request contains the facts and addresses of the configuration. If the configuration lets the agent \
            ask the instance metadata service, the request also contains the facts of that service. Any authority \
            that signs PKCS#10 requests can sign it, for example sealane ca sign.
            """)

    @Option(
        help: ArgumentHelp("The configuration of the agent.", valueName: "path"),
        completion: .file(extensions: ["yaml"]))
    var config: String

    @Option(
        help: ArgumentHelp("The Ed25519 identity key of the host, as PEM; created if missing.", valueName: "path"),
        completion: .file())
    var key: String

    @OptionGroup var result: ResultOptions

    func run() async throws {
        let configuration = try ConfigurationDecoder.read(config)
        let fleet = try TrustDomain(fleet: configuration.fleetName)
        let facts = try await configuration.hostFacts()
        var random = SystemRandomNumberGenerator()
        let (key, isNew) = try IdentityKeyFile.readOrCreate(key, using: &random)
        if isNew { StandardError.write("sealane: created a new identity key in \(self.key)\n") }
        let request = try SigningRequest(facts: facts, fleet: fleet, key: key)
        try result.write(request.pem)
    }
}
