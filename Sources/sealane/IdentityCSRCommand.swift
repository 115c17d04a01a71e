import ArgumentParser
import SealaneConfiguration
import SealaneIdentity
import SealaneLinux

struct IdentityCSRCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "csr", abstract: "Prints a certificate signing request for this host, as PEM.",
        discussion: """
            sealane identity csr --config /etc/sealane/sealane.yaml --key /etc/sealane/identity.key > host.csr

            The request names the facts and addresses of the configuration, and the facts that instance metadata adds \
            where the agent would ask it. Any authority that can sign a PKCS#10 request \
            can answer it; sealane ca sign does.
            """)

    @Option(
        help: ArgumentHelp("The agent's configuration.", valueName: "path"), completion: .file(extensions: ["yaml"]))
    var config: String

    @Option(
        help: ArgumentHelp("The host's Ed25519 identity key, as PEM; made if it is not there.", valueName: "path"),
        completion: .file())
    var key: String

    func run() async throws {
        let configuration = try ConfigurationDecoder.read(config)
        let fleet = try TrustDomain(fleet: configuration.fleetName)
        let facts = try await configuration.hostFacts()
        var random = SystemRandomNumberGenerator()
        let (key, isNew) = try IdentityKeyFile.readOrCreate(key, using: &random)
        if isNew { StandardError.write("sealane: made a new identity key in \(self.key)\n") }
        let request = try SigningRequest(facts: facts, fleet: fleet, key: key)
        try StandardOutput.write(request.pem)
    }
}
