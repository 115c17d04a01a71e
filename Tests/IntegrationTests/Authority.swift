import Foundation
import NetworkLab
import SealaneIdentity
import Testing

/// The certificate authority of a fleet. The tests create and use it with the commands.
struct Authority {
    /// The host on which the commands run. They need no network.
    let host: Host
    let directory: String

    /// - Parameter name: unique in the network of the host.
    static func create(_ name: String, by host: Host) async throws -> Authority {
        let authority = Authority(host: host, directory: host.network.directory.path(name))
        try await authority.run("ca", "create", authority.directory, "--fleet", "sealane")
        return authority
    }

    var trustPath: String { directory + "/ca.pem" }

    /// Issues an identity to the host from its configuration. The configuration need not name the files yet.
    ///
    /// - Parameter name: the base name of the files, in the directory of the network.
    /// - Returns: the paths of the certificate and its key.
    @discardableResult
    func enrol(_ host: Host, as name: String? = nil) async throws -> (certificate: String, key: String) {
        let base = host.network.directory.path(name ?? host.name)
        try await shell(
            "\"$0\" identity csr --config '\(host.configurationPath)' --key '\(base).identity.key' > '\(base).csr'")
        try await shell(
            "\"$0\" ca sign '\(directory)' '\(base).csr' > '\(base).new' && mv '\(base).new' '\(base).pem'")
        return ("\(base).pem", "\(base).identity.key")
    }

    /// Replaces the certificate of the host by one with a shorter lifetime than the commands allow. Returns the serial
    /// number.
    func issueBriefly(_ host: Host, seconds: TimeInterval) throws -> String {
        var random = SystemRandomNumberGenerator()
        let base = host.network.directory.path(host.name)
        let certificate = try AuthorityDirectory(directory).sign(
            SigningRequest.read("\(base).csr"), lifetime: seconds, at: Date(), using: &random)
        try Data(certificate.pem).write(to: URL(filePath: "\(base).pem"), options: .atomic)
        return certificate.serial.description
    }

    /// Revokes the instance of the host. Returns the path of the list.
    func revoke(instance: String, into name: String = "revoked") async throws -> String {
        let list = host.network.directory.path(name)
        try await shell("\"$0\" ca revoke '\(directory)' --instance \(instance) > '\(list)'")
        return list
    }

    private func run(_ arguments: String...) async throws {
        let outcome = try await host.run([Host.programs.appending(path: "sealane").path] + arguments)
        try #require(outcome.status == 0, "\(outcome)")
    }

    /// In the line, `$0` is the command.
    private func shell(_ line: String) async throws {
        let outcome = try await host.run(["sh", "-c", line, Host.programs.appending(path: "sealane").path])
        try #require(outcome.status == 0, "\(outcome)")
    }
}
