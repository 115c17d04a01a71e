import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

/// `sealane identity verify` and `sealane ca revoke` with malformed input. They need no agent and no network.
@Suite struct CertificateVerdictTests {
    private let shell: ScratchShell

    init() throws { shell = try ScratchShell() }

    private func makeRoot(_ options: String = "-newkey ed25519") async throws {
        try await shell.succeed(
            "openssl req -x509 \(options) -nodes -keyout ca.key -out ca.pem -subj /CN=ours -days 30 "
                + "-addext keyUsage=critical,keyCertSign,cRLSign -addext subjectAltName=URI:spiffe://prod 2>/dev/null")
    }

    /// The extensions of a valid certificate.
    private static let extensions = [
        "subjectAltName=URI:spiffe://prod/instance/i-0a,IP:10.78.0.1", "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=clientAuth,serverAuth",
    ]

    private func makeHost(
        _ extensions: [String] = extensions, algorithm: String = "ed25519", options: String = ""
    ) async throws {
        try shell.directory.write(extensions.joined(separator: "\n") + "\n", to: "host.ext")
        try await shell.succeed(
            "openssl genpkey -algorithm \(algorithm) -out host.key 2>/dev/null && "
                + "openssl req -new -key host.key -subj /CN=host -out host.csr && "
                + "openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -days 1 -extfile host.ext \(options) "
                + "-out host.pem 2>/dev/null")
    }

    /// Prefixes of the descriptions of library types, which must not appear in messages.
    private static let foreign = [
        "ASN1", "X509", "Error", "Signature", "GeneralName", "Certificate(", "PublicKey", "ArraySlice", "Optional(",
        "RFC5280",
        "Policy", "DNSName(", "Value(", "KeyUsage(",
    ]

    /// Expects one reason in JSON and text for refusing `host.pem`, and returns it.
    private func reason() async throws -> Reason {
        let line = "sealane identity verify host.pem --trust ca.pem"
        let outcome = try await shell.run("\(line) --json")
        #expect(outcome.status == 3, "\(outcome)")
        let report = try ReportSchema.decode(CertificateVerdictReport.self, from: Array(outcome.output.utf8))
        #expect(!report.verdict.eligible && report.authorities == nil)
        let reason = try #require(report.verdict.reasons.first)
        #expect(report.verdict.reasons.count == 1)
        for word in Self.foreign { #expect(!reason.observed.contains(word), "\(reason)") }
        let text = try await shell.run(line)
        #expect(text.status == 3)
        #expect(text.output.contains(reason.observed), "\(text)")
        return reason
    }

    @Test(arguments: [
        (["subjectAltName=URI:spiffe://prod/instance/i-0a,URI:spiffe://prod/instance/i-0b"], "more than one URI"),
        (["subjectAltName=IP:10.78.0.1"], "it has no URI"),
        (["subjectAltName=URI:spiffe://prod/instance/i-0a,DNS:host"], "it has a DNS name"),
        (["subjectAltName=URI:spiffe://prod/instance/i-0a,RID:1.2.3"], "a registered identifier"),
        (["subjectAltName=URI:spiffe://prod/instance/i-0a,otherName:1.2.3;UTF8:x"], "an otherName"),
        (["basicConstraints=critical,CA:TRUE"], "the certificate of an authority (CN=host)"),
        (["keyUsage=critical,keyAgreement"], "the key usage keyAgreement"),
        (["extendedKeyUsage=codeSigning"], "the extended key usage codeSigning"),
        (["extendedKeyUsage=1.2.3.4"], "the extended key usage an unknown purpose"),
        (["1.2.3.4=critical,ASN1:UTF8String:x"], "the critical extension 1.2.3.4"),
        (["subjectAltName=DER:04:01:00"], "its subject alternative names are malformed"),
        (["keyUsage=DER:04:01:00"], "a malformed key usage"),
        (["basicConstraints=DER:04:01:00"], "malformed basic constraints"),
    ])
    func `a certificate that breaks a rule exits with 3 and names the rule`(lines: [String], expected: String)
        async throws
    {
        try await makeRoot()
        let names = lines.map { $0.prefix { $0 != "=" } + "=" }
        try await makeHost(Self.extensions.filter { line in !names.contains { line.hasPrefix($0) } } + lines)
        let reason = try await reason()
        #expect(reason.code == .certificateUntrusted)
        #expect(reason.observed.contains(expected), "\(reason)")
    }

    @Test(arguments: [
        ("-newkey rsa:2048", "ed25519", "-sha1", "an RSA signature with SHA-1"),
        ("-newkey rsa:2048", "ed25519", "-md5", "an RSA signature with MD5"),
        ("-newkey rsa:2048", "ed25519", "-sha224", "an RSA signature with SHA-224"),
        (
            "-newkey rsa:2048", "ed25519", "-sha1 -sigopt rsa_padding_mode:pss", "an RSA-PSS signature with SHA-1"
        ),
        (
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256", "ed25519", "-sha1", "an ECDSA signature with SHA-1"
        ),
        ("-newkey ed25519", "ed25519", "-set_serial -5", "a negative serial number (fb)"),
        ("-newkey ed25519", "ed448", "", "an Ed448 key"), ("-newkey ed25519", "x25519", "", "an X25519 key"),
        ("-newkey ed25519", "EC -pkeyopt ec_paramgen_curve:P-256", "", "a key of type ECDSA on P-256"),
        (
            "-newkey ed25519", "EC -pkeyopt ec_paramgen_curve:secp256k1", "",
            "an ECDSA key on the curve 1.3.132.0.10"
        ),
        ("-newkey ed25519", "RSA -pkeyopt rsa_keygen_bits:1024", "", "an RSA key of 1024 bits"),
    ])
    func `unsupported keys, signatures and serial numbers are named`(
        root: String, key: String, options: String, expected: String
    ) async throws {
        try await makeRoot(root)
        if key == "x25519" {
            // This key cannot sign a request of its own, so put its public key into another request.
            try await shell.succeed(
                "openssl genpkey -algorithm x25519 -out x.key && openssl pkey -in x.key -pubout -out x.pub")
            try await makeHost(options: "-force_pubkey x.pub")
        } else {
            try await makeHost(algorithm: key, options: options)
        }
        let reason = try await reason()
        #expect(reason.code == .certificateUntrusted)
        #expect(reason.observed.contains(expected), "\(reason)")
    }

    @Test func `malformed certificate files exit with 3, a missing file with 1`() async throws {
        try await makeRoot()
        try await makeHost()
        let pem = try String(contentsOfFile: shell.directory.path("host.pem"), encoding: .utf8)
        let lines = pem.split(separator: "\n").map(String.init)
        for (text, expected) in [
            ("", "no PEM block"), ("hello\n", "no PEM block"),
            (lines.dropLast().joined(separator: "\n"), "the block CERTIFICATE has no end"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "3 bytes that are not a single DER value"
            ),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "ends before its contents"),
            ("-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n", "is not base64"),
        ] {
            try shell.directory.write(text, to: "host.pem")
            let reason = try await reason()
            #expect(reason.code == .certificateUntrusted)
            #expect(reason.observed.contains(expected), "\(reason)")
        }
        // Changes that editors make are allowed.
        try shell.directory.write("\u{feff}" + pem.replacing("\n", with: "\r\n"), to: "host.pem")
        try await shell.succeed("sealane identity verify host.pem --trust ca.pem")
        try await shell.succeed("cp ca.pem host.pem")
        #expect(try await reason().observed == "the certificate of an authority (CN=ours)")
        try await shell.succeed(
            "openssl req -x509 -newkey rsa:4096 -nodes -keyout big.key -out host.pem -subj /CN=big 2>/dev/null")
        #expect(try await reason().observed == "the certificate of an authority (CN=big)")

        for (line, expected) in [
            ("missing.pem --trust ca.pem", "missing.pem"), ("host.pem --trust missing.pem", "missing.pem"),
            ("host.pem --trust host.key", "trust bundle in host.key"),
            ("host.pem --trust ca.pem --fleet prod --revoked host.key", "revocation list in host.key"),
        ] {
            let outcome = try await shell.run("sealane identity verify \(line)")
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.output.contains(expected), "\(outcome)")
        }
    }

    @Test func `an authority starts with an empty list 1, --refresh signs it again, each is valid`() async throws {
        try await shell.succeed("sealane ca create ca --fleet prod")
        func head(_ path: String) throws -> [String] {
            try String(contentsOfFile: shell.directory.path(path), encoding: .utf8).split(separator: "\n").map(
                String.init)
        }
        let first = try head("ca/revoked")
        #expect(first.count == 5 && first[2] == "number 1" && first[4].hasPrefix("signature "), "\(first)")
        try await shell.succeed("cp ca/ca.pem ca.pem && cp ca/ca.key ca.key")
        try await makeHost()
        try await shell.succeed("sealane identity verify host.pem --trust ca.pem --revoked ca/revoked")
        let refreshed = try await shell.succeed("sealane ca revoke ca --refresh > revoked")
        #expect(refreshed == "")
        let second = try head("revoked")
        #expect(second.count == 5 && second[2] == "number 2", "\(second)")
        try await shell.succeed("sealane identity verify host.pem --trust ca.pem --revoked revoked")
        for wrong in ["--refresh --instance i-0a", "--refresh --serial 01", "--issuer ca.pem"] {
            #expect(try await shell.run("sealane ca revoke ca \(wrong)").status == 2)
        }
    }

    @Test func `revoking an authority's certificate refuses everything that it issued`() async throws {
        try await makeRoot()
        try await shell.succeed("mkdir ca && cp ca.pem ca.key ca/ && : > ca/ledger.jsonl && chmod 600 ca/ca.key")
        try shell.directory.write(
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", to: "middle.ext")
        try await shell.succeed(
            "openssl req -new -newkey ed25519 -nodes -keyout middle.key -subj /CN=middle -out middle.csr 2>/dev/null && "
                + "openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -set_serial 0x4a02 -days 9 -extfile middle.ext "
                + "-out middle.pem 2>/dev/null && cat ca.pem middle.pem > bundle.pem")
        try shell.directory.write(Self.extensions.joined(separator: "\n") + "\n", to: "host.ext")
        try await shell.succeed(
            "openssl req -new -newkey ed25519 -nodes -keyout host.key -subj /CN=host -out host.csr 2>/dev/null && "
                + "openssl x509 -req -in host.csr -CA middle.pem -CAkey middle.key -set_serial 0x4a02 -days 1 "
                + "-extfile host.ext -out host.pem 2>/dev/null")
        func observed(_ list: String) async throws -> String? {
            let outcome = try await shell.run(
                "sealane identity verify host.pem --trust bundle.pem --revoked \(list) --json")
            let report = try ReportSchema.decode(CertificateVerdictReport.self, from: Array(outcome.output.utf8))
            #expect(outcome.status == (report.verdict.eligible ? 0 : 3))
            if !report.verdict.eligible { #expect(Set(report.verdict.reasons.map(\.code)) == [.certificateRevoked]) }
            return report.verdict.reasons.first?.observed
        }
        let named = try await shell.succeed("sealane ca revoke ca --serial 4a02 --issuer middle.pem > hosts")
        #expect(named.contains("4a02: revokes the certificate with this number that CN=middle (key "), "\(named)")
        #expect(try await observed("hosts")?.hasPrefix("the serial number 4a02 is in list 1") == true)
        try await shell.succeed("rm ca/revoked")
        let middle = try await shell.succeed("sealane ca revoke ca --serial 4a02 --issuer ca.pem > middles")
        #expect(middle.contains("CN=ours"), "\(middle)")
        #expect(try await observed("middles")?.hasPrefix("the authority CN=middle, serial number 4a02, is in") == true)
        try await shell.succeed("rm ca/revoked")
        let unknown = try await shell.succeed("sealane ca revoke ca --serial 4a02 > any")
        #expect(unknown.contains("the list revokes the certificates with this number of all issuers"), "\(unknown)")
        #expect(try await observed("any") != nil)
        try await shell.succeed("rm ca/revoked")
        let serial = try await shell.succeed("openssl x509 -in ca.pem -noout -serial | cut -d= -f2").split(
            separator: "\n")[0]
        let own = try await shell.succeed("sealane ca revoke ca --serial \(serial) > own")
        #expect(
            own.contains("is the certificate of this authority: hosts refuse everything that it has issued"), "\(own)")
        #expect(try await observed("own")?.hasPrefix("the authority CN=ours, serial number") == true)
        let sign = try await shell.run("sealane ca sign ca host.csr")
        #expect(sign.status != 0)
    }
}
