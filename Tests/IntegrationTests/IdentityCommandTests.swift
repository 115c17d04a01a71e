import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneEligibility
import TestSupport
import Testing

/// `sealane identity` and `sealane ca`. They need no agent and no network.
@Suite struct IdentityCommandTests {
    private let shell: ScratchShell

    init() throws {
        shell = try ScratchShell()
        try configure("a", instance: "{id: i-0a, type: c5n.large, region: us-east-1, vpc: vpc-0a}")
    }

    private func configure(_ name: String, instance: String, fleet: String = "prod") throws {
        try shell.directory.write(
            """
            agent:
              listen: 10.77.0.1:7325
              addresses: [10.78.0.1/24, "fd78::1/64"]
              private-key-file: /etc/sealane/private.key
            fleet: {name: \(fleet)}
            instance: \(instance)

            """, to: "\(name).yaml")
    }

    private func report<Report: Decodable>(
        _ type: Report.Type, _ line: String, status: Int32 = 0
    ) async throws -> Report {
        let outcome = try await shell.run(line)
        #expect(outcome.status == status, "\(outcome)")
        return try ReportSchema.decode(type, from: Array(outcome.output.utf8))
    }

    /// Creates an authority in `ca` and the identity of host a.
    private func enrol() async throws {
        try await shell.succeed("sealane ca create ca --fleet prod")
        try await shell.succeed("sealane identity csr --config a.yaml --key a.key > a.csr")
        try await shell.succeed("sealane ca sign ca a.csr > a.pem")
    }

    @Test func `the documented commands lead to a verified identity, and openssl agrees`() async throws {
        let created = try await shell.succeed("sealane ca create ca --fleet prod")
        #expect(created.hasPrefix("prod\n"))
        #expect(created.contains("issued       nothing yet\n"), "\(created)")

        let made = try await shell.succeed("sealane identity csr --config a.yaml --key a.key > a.csr")
        #expect(made == "sealane: created a new identity key in a.key\n")
        #expect(shell.directory.mode(of: "a.key") == 0o600)
        #expect(try await shell.succeed("sealane identity csr --config a.yaml --key a.key > again.csr") == "")
        try await shell.succeed("openssl req -in again.csr -verify -noout")

        let signed = try await shell.succeed("sealane ca sign ca a.csr > a.pem")
        #expect(signed.contains("i-0a\n  fleet        prod\n"), "\(signed)")
        #expect(signed.contains("addresses    10.78.0.1, fd78::1\n"), "\(signed)")
        try await shell.succeed("openssl verify -x509_strict -CAfile ca/ca.pem a.pem")

        let shown = try await report(CertificateReport.self, "sealane identity show a.pem --json")
        #expect(shown.uri == "spiffe://prod/region/us-east-1/vpc/vpc-0a/type/c5n.large/instance/i-0a")
        #expect(shown.addresses == ["10.78.0.1", "fd78::1"])
        #expect(shown.validUntil.timeIntervalSince(shown.validFrom) == 24 * 3600 + 60)
        let verified = try await shell.succeed("sealane identity verify a.pem --trust ca/ca.pem")
        #expect(verified.hasPrefix("i-0a  verified\n"), "\(verified)")

        let authority = try await report(AuthorityReport.self, "sealane ca show ca --json")
        #expect(authority.issued.map(\.serial) == [shown.serial])
        #expect(authority.issued.first?.state == .valid)
        #expect(authority.issued.first?.instance[.vpc] == FactReport(value: "vpc-0a", source: .stated))
    }

    @Test func `a signed instance document proves type and Region, an old or changed one exits with 3`() async throws {
        // AWS signed this document in 2018, for an m3.medium.
        let signed = try Data(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "SealaneIdentityTests/Data/instance-identity/us-west-2-2018.rsa2048"))
        try shell.directory.write(String(decoding: signed, as: UTF8.self), to: "document")
        try await shell.succeed("sealane ca create ca --fleet prod")
        try await shell.succeed("sealane identity csr --config a.yaml --key a.key > a.csr")
        let old = try await shell.run("sealane ca sign ca a.csr --document document > a.pem")
        #expect(old.status == 3)
        #expect(old.output.contains("the instance was launched at 2018-05-09T12:30:58Z"), "\(old)")
        try await shell.succeed("sealane ca sign ca a.csr --document document --document-age 36500d > a.pem")
        let verified = try await report(
            CertificateVerdictReport.self, "sealane identity verify a.pem --trust ca/ca.pem --json")
        let instance = try #require(verified.certificate).instance
        #expect(instance[.instanceID] == FactReport(value: "i-0a30e04d85e6f8793", source: .signedDocument))
        #expect(instance[.region] == FactReport(value: "us-west-2", source: .signedDocument))
        #expect(instance[.vpc] == FactReport(value: "vpc-0a", source: .certificate))

        try await shell.succeed("sed '2s/./A/;2s/.$/B/' document > changed")
        let changed = try await shell.run("sealane ca sign ca a.csr --document changed --document-age 36500d > b.pem")
        #expect(changed.status == 3)
        #expect(changed.output.contains("instance identity document, "), "\(changed)")
    }

    @Test func `a request contains facts of instance metadata that agree with the configured ones`() async throws {
        let service = try await FakeInstanceMetadata.start()
        let metadata = "metadata: on, metadata-endpoint: \"\(service.endpoint)\""
        try configure("a", instance: "{subnet: subnet-02, \(metadata)}")
        try configure("wrong", instance: "{type: c5n.large, \(metadata)}")
        try await shell.succeed("sealane identity csr --config a.yaml --key a.key > a.csr")
        let request = try await shell.succeed("openssl req -in a.csr -verify -noout -text")
        let uri =
            "spiffe://prod/account/123456789012/region/eu-west-1/zone/eu-west-1b/vpc/vpc-02/subnet/subnet-02"
            + "/type/m5n.xlarge/instance/i-0123456789abcdef0"
        #expect(request.contains("URI:\(uri),"), "\(request)")
        let document = try await shell.succeed("sealane identity document --config a.yaml")
        #expect(document == FakeInstanceMetadata.sampleItems["/latest/dynamic/instance-identity/rsa2048"])

        let wrong = try await shell.run("sealane identity csr --config wrong.yaml --key wrong.key")
        #expect(wrong.status == 1)
        #expect(wrong.output.contains("identity-mismatch"), "\(wrong)")
        await service.stop()
        let silent = try await shell.run("sealane identity document --config a.yaml")
        #expect(silent.status == 1)
        #expect(silent.output.contains("Connection refused"), "\(silent)")
        #expect(try await shell.run("sealane identity csr --config a.yaml --key a.key").status == 1)
        #expect(!FileManager.default.fileExists(atPath: shell.directory.path("wrong.key")))
    }

    @Test func `an identity that openssl signed verifies`() async throws {
        try await shell.succeed(
            "openssl req -x509 -newkey ed25519 -nodes -keyout ca.key -out ca.pem -subj /CN=ours -days 30 "
                + "-addext keyUsage=critical,keyCertSign")
        try await shell.succeed("sealane identity csr --config a.yaml --key a.key > a.csr")
        try await shell.succeed(
            "openssl x509 -req -in a.csr -CA ca.pem -CAkey ca.key -copy_extensions copy -days 1 -out a.pem")
        let verified = try await report(
            CertificateVerdictReport.self, "sealane identity verify a.pem --trust ca.pem --json")
        #expect(verified.verdict.eligible)
        #expect(verified.authorities == ["CN=ours"])
    }

    @Test func `a certificate that does not verify exits with 3 and its reason`() async throws {
        try await enrol()
        try await shell.succeed("sealane ca create other --fleet prod")
        func codes(_ options: String) async throws -> [ReasonCode] {
            let report = try await report(
                CertificateVerdictReport.self, "sealane identity verify a.pem --json \(options)", status: 3)
            #expect(!report.verdict.eligible)
            #expect(report.authorities == nil)
            return report.verdict.reasons.map(\.code)
        }
        #expect(try await codes("--trust other/ca.pem") == [.certificateUntrusted])
        #expect(try await codes("--trust ca/ca.pem --fleet test") == [.identityMismatch])
        try await shell.succeed("sealane ca revoke ca --instance i-0a > revoked")
        #expect(try await codes("--trust ca/ca.pem --revoked revoked") == [.certificateRevoked])
        let text = try await shell.run("sealane identity verify a.pem --trust ca/ca.pem --revoked revoked")
        #expect(text.status == 3)
        #expect(text.output.contains("certificate-revoked"), "\(text)")
        #expect(text.output.contains("the instance i-0a is in list 2"), "\(text)")
        try await shell.succeed("sealane identity verify a.pem --trust ca/ca.pem")
    }

    @Test func `a second key for an instance exits with 3 unless --reissue is given`() async throws {
        try await enrol()
        try await shell.succeed("sealane identity csr --config a.yaml --key thief.key > thief.csr")
        let refused = try await shell.run("sealane ca sign ca thief.csr > thief.pem")
        #expect(refused.status == 3)
        #expect(refused.output.contains("another key holds an identity of i-0a"), "\(refused)")
        #expect(try Data(contentsOf: URL(filePath: shell.directory.path("thief.pem"))).isEmpty)
        try await shell.succeed("sealane ca sign ca thief.csr --reissue --lifetime 90m > thief.pem")
        try await shell.succeed("sealane ca sign ca a.csr --reissue > again.pem")

        let before = try await report(AuthorityReport.self, "sealane ca show ca --json")
        #expect(before.issued.map(\.state) == [.valid, .valid, .valid])
        #expect(before.revocations?.number == 1)
        #expect(before.revocations?.serials == [])
        let serial = try #require(before.issued.dropFirst().first).serial.uppercased()
        try await shell.succeed("sealane ca revoke ca --serial \(serial) > revoked")
        let after = try await report(AuthorityReport.self, "sealane ca show ca --json")
        #expect(after.issued.map(\.state) == [.valid, .revoked, .valid])
        #expect(after.revocations?.serials == [serial.lowercased()])
        #expect(try await shell.succeed("sealane ca show ca").contains("issued       3: 2 valid, 1 revoked\n"))
        let further = try await shell.succeed("sealane ca revoke ca --instance i-0z > revoked")
        #expect(further == "sealane: warning: no certificate of i-0z is in the ledger\n")
        #expect(try String(contentsOfFile: shell.directory.path("revoked"), encoding: .utf8).contains("number 3\n"))
    }

    @Test func `out writes the whole file, and a command that fails leaves it as it was`() async throws {
        try await shell.succeed("sealane ca create ca --fleet prod")
        try await shell.succeed("sealane identity csr --config a.yaml --key a.key --out a.csr")
        let signed = try await shell.succeed("sealane ca sign ca a.csr --out a.pem && chmod 600 a.pem")
        #expect(signed.hasPrefix("i-0a\n"), "\(signed)")
        try await shell.succeed("sealane identity verify a.pem --trust ca/ca.pem")
        let inForce = try String(contentsOfFile: shell.directory.path("a.pem"), encoding: .utf8)

        try await shell.succeed("sealane identity csr --config a.yaml --key other.key --out other.csr")
        let refused = try await shell.run("sealane ca sign ca other.csr --out a.pem")
        #expect(refused.status == 3, "\(refused)")
        #expect(try String(contentsOfFile: shell.directory.path("a.pem"), encoding: .utf8) == inForce)

        // A renewal replaces it and keeps its permissions.
        try await shell.succeed("sealane ca sign ca a.csr --lifetime 1h30m --out a.pem")
        let renewed = try await report(CertificateReport.self, "sealane identity show a.pem --json")
        #expect(renewed.validUntil.timeIntervalSince(renewed.validFrom) == 5400 + 60)
        #expect(shell.directory.mode(of: "a.pem") == 0o600)

        #expect(try await shell.succeed("sealane ca revoke ca --instance i-0a --out revoked") == "")
        #expect(try await shell.run("cmp revoked ca/revoked").status == 0)
        let nowhere = try await shell.run("sealane ca revoke ca --refresh --out none/revoked")
        #expect(nowhere.status == 1 && nowhere.output.contains("none/revoked"), "\(nowhere)")
    }

    @Test func `a new private key goes into a new file that only its owner can access`() async throws {
        #expect(try await shell.succeed("umask 022 && sealane key generate --out private.key") == "")
        #expect(shell.directory.mode(of: "private.key") == 0o600)
        let publicKey = try await shell.succeed("sealane key public < private.key")
        let again = try await shell.run("sealane key generate --out private.key")
        #expect(again.status == 1 && again.output.contains("private.key"), "\(again)")
        #expect(try await shell.succeed("sealane key public < private.key") == publicKey)
    }

    @Test(arguments: [
        ("ca create ca --fleet Prod", "expected \"prod\""), ("ca create ca", "--fleet"),
        ("ca create ca --fleet prod --lifetime 3y", "such as 20s, 1h30m or 7d"),
        ("ca sign ca a.csr --lifetime 0h", "such as 20s, 1h30m or 7d"), ("ca sign ca", "request"),
        ("ca sign ca a.csr --document-age 1h", "--document"),
        ("ca sign ca a.csr --document d --region-certificate x.pem", "REGION=PATH"),
        ("ca revoke ca", "--serial or --instance"), ("ca revoke ca --serial xyz", "hexadecimal"),
        ("identity csr --config a.yaml", "--key"), ("identity verify a.pem", "--trust"), ("ca verify", "ca"),
    ])
    func `wrong usage exits with 2 and says what is expected`(arguments: String, expected: String) async throws {
        let outcome = try await shell.run("sealane \(arguments)")
        #expect(outcome.status == 2, "\(outcome)")
        #expect(outcome.output.contains(expected), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: shell.directory.path("ca")))
    }

    @Test(arguments: [
        ("ca show ca", "ca/ca.pem"), ("ca sign ca missing.csr", "missing.csr"),
        ("identity show missing.pem", "missing.pem"), ("identity show a.yaml", "certificate in a.yaml"),
        ("identity csr --config missing.yaml --key a.key", "missing.yaml"),
        ("identity csr --config a.yaml --key a.yaml", "Ed25519 key in a.yaml"),
        ("identity csr --config upper.yaml --key a.key", "expected \"prod\" on all hosts"),
    ])
    func `a command that fails exits with 1 and names the file`(arguments: String, expected: String) async throws {
        try configure("upper", instance: "{id: i-0a}", fleet: "Prod")
        let outcome = try await shell.run("sealane \(arguments)")
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.output.contains(expected), "\(outcome)")
        #expect(!FileManager.default.fileExists(atPath: shell.directory.path("a.key")))
    }

    @Test func `ca create does not replace an authority`() async throws {
        try await enrol()
        let again = try await shell.run("sealane ca create ca --fleet prod")
        #expect(again.status == 1)
        #expect(again.output.contains("certificate authority in ca: an authority already exists here"), "\(again)")
        try await shell.succeed("sealane identity verify a.pem --trust ca/ca.pem")
    }
}
