import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import TestSupport
import Testing

/// `sealane identity verify` and `sealane ca revoke` with what is not in order. They need no agent and no network.
@Suite("Verdicts on certificates")
struct CertificateVerdictTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private func run(_ line: String) async throws -> Outcome {
        let path = "PATH=\(Host.programs.path):$PATH"
        let program = try Program(["sh", "-c", "cd \(directory.root) && \(path) && \(line)"], in: directory)
        let status = await program.status(within: .seconds(60))
        return Outcome(arguments: [line], status: status, output: program.output)
    }

    @discardableResult
    private func succeed(_ line: String) async throws -> String {
        let outcome = try await run(line)
        try #require(outcome.status == 0, "\(outcome)")
        return outcome.output
    }

    private func makeRoot(_ options: String = "-newkey ed25519") async throws {
        try await succeed(
            "openssl req -x509 \(options) -nodes -keyout ca.key -out ca.pem -subj /CN=ours -days 30 "
                + "-addext keyUsage=critical,keyCertSign,cRLSign -addext subjectAltName=URI:spiffe://prod 2>/dev/null")
    }

    /// What a certificate in order has.
    private static let extensions = [
        "subjectAltName=URI:spiffe://prod/instance/i-0a,IP:10.78.0.1", "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=clientAuth,serverAuth",
    ]

    private func makeHost(
        _ extensions: [String] = extensions, algorithm: String = "ed25519", options: String = ""
    ) async throws {
        try directory.write(extensions.joined(separator: "\n") + "\n", to: "host.ext")
        try await succeed(
            "openssl genpkey -algorithm \(algorithm) -out host.key 2>/dev/null && "
                + "openssl req -new -key host.key -subj /CN=host -out host.csr && "
                + "openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -days 1 -extfile host.ext \(options) "
                + "-out host.pem 2>/dev/null")
    }

    /// Types of a library, as their descriptions begin.
    private static let foreign = [
        "ASN1", "X509", "Error", "Signature", "GeneralName", "Certificate(", "PublicKey", "ArraySlice", "Optional(",
        "RFC5280",
        "Policy", "DNSName(", "Value(", "KeyUsage(",
    ]

    /// The one reason for which `host.pem` is refused, in JSON and as text.
    private func reason() async throws -> Reason {
        let line = "sealane identity verify host.pem --trust ca.pem"
        let outcome = try await run("\(line) --json")
        #expect(outcome.status == 3, "\(outcome)")
        let report = try ReportSchema.decode(CertificateVerdictReport.self, from: Array(outcome.output.utf8))
        #expect(!report.verdict.eligible && report.authorities == nil)
        let reason = try #require(report.verdict.reasons.first)
        #expect(report.verdict.reasons.count == 1)
        for word in Self.foreign { #expect(!reason.observed.contains(word), "\(reason)") }
        let text = try await run(line)
        #expect(text.status == 3)
        #expect(text.output.contains(reason.observed), "\(text)")
        return reason
    }

    @Test(
        "a certificate that breaks a rule of its own ends with status 3, a code and a plain sentence",
        arguments: [
            (["subjectAltName=URI:spiffe://prod/instance/i-0a,URI:spiffe://prod/instance/i-0b"], "more than one URI"),
            (["subjectAltName=IP:10.78.0.1"], "it has no URI"),
            (["subjectAltName=URI:spiffe://prod/instance/i-0a,DNS:host"], "a name of another kind: a DNS name"),
            (["subjectAltName=URI:spiffe://prod/instance/i-0a,RID:1.2.3"], "a registered identifier"),
            (["subjectAltName=URI:spiffe://prod/instance/i-0a,otherName:1.2.3;UTF8:x"], "an otherName"),
            (["basicConstraints=critical,CA:TRUE"], "a certificate of an authority (CN=host)"),
            (["keyUsage=critical,keyAgreement"], "the key usage keyAgreement"),
            (["extendedKeyUsage=codeSigning"], "the extended key usage codeSigning"),
            (["extendedKeyUsage=1.2.3.4"], "the extended key usage another purpose"),
            (["1.2.3.4=critical,ASN1:UTF8String:x"], "the critical extension 1.2.3.4"),
            (["subjectAltName=DER:04:01:00"], "its alternative names cannot be read"),
            (["keyUsage=DER:04:01:00"], "a key usage that cannot be read"),
            (["basicConstraints=DER:04:01:00"], "basic constraints that cannot be read"),
        ])
    func ownRules(lines: [String], told: String) async throws {
        try await makeRoot()
        let names = lines.map { $0.prefix { $0 != "=" } + "=" }
        try await makeHost(Self.extensions.filter { line in !names.contains { line.hasPrefix($0) } } + lines)
        let reason = try await reason()
        #expect(reason.code == .certificateUntrusted)
        #expect(reason.observed.contains(told), "\(reason)")
    }

    @Test(
        "keys, signatures and serial numbers that are not accepted are named as what they are",
        arguments: [
            ("-newkey rsa:2048", "ed25519", "-sha1", "a signature by RSA over SHA-1"),
            ("-newkey rsa:2048", "ed25519", "-md5", "a signature by RSA over MD5"),
            ("-newkey rsa:2048", "ed25519", "-sha224", "a signature by RSA over SHA-224"),
            (
                "-newkey rsa:2048", "ed25519", "-sha1 -sigopt rsa_padding_mode:pss", "a signature by RSA-PSS over SHA-1"
            ),
            (
                "-newkey ec -pkeyopt ec_paramgen_curve:P-256", "ed25519", "-sha1", "a signature by ECDSA over SHA-1"
            ),
            ("-newkey ed25519", "ed25519", "-set_serial -5", "a negative serial number (fb)"),
            ("-newkey ed25519", "ed448", "", "an Ed448 key"), ("-newkey ed25519", "x25519", "", "an X25519 key"),
            ("-newkey ed25519", "EC -pkeyopt ec_paramgen_curve:P-256", "", "a key of another kind: ECDSA on P-256"),
            (
                "-newkey ed25519", "EC -pkeyopt ec_paramgen_curve:secp256k1", "",
                "an ECDSA key on the curve 1.3.132.0.10"
            ),
            ("-newkey ed25519", "RSA -pkeyopt rsa_keygen_bits:1024", "", "an RSA key of 1024 bits"),
        ])
    func algorithms(root: String, key: String, options: String, told: String) async throws {
        try await makeRoot(root)
        if key == "x25519" {
            // It cannot sign a request of its own: its public key is put into another's certificate.
            try await succeed(
                "openssl genpkey -algorithm x25519 -out x.key && openssl pkey -in x.key -pubout -out x.pub")
            try await makeHost(options: "-force_pubkey x.pub")
        } else {
            try await makeHost(algorithm: key, options: options)
        }
        let reason = try await reason()
        #expect(reason.code == .certificateUntrusted)
        #expect(reason.observed.contains(told), "\(reason)")
    }

    @Test("a file without a certificate, a torn one, noise, an authority's: status 3; a missing file: status 1")
    func files() async throws {
        try await makeRoot()
        try await makeHost()
        let pem = try String(contentsOfFile: directory.path("host.pem"), encoding: .utf8)
        let lines = pem.split(separator: "\n").map(String.init)
        for (text, told) in [
            ("", "no PEM block is there"), ("hello\n", "no PEM block is there"),
            (lines.dropLast().joined(separator: "\n"), "the block CERTIFICATE has no end"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "3 bytes that are not one value in DER"),
            ("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "ends before its contents"),
            ("-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n", "is not base64"),
        ] {
            try directory.write(text, to: "host.pem")
            let reason = try await reason()
            #expect(reason.code == .certificateUntrusted)
            #expect(reason.observed.contains(told), "\(reason)")
        }
        // Editors' changes pass.
        try directory.write("\u{feff}" + pem.replacing("\n", with: "\r\n"), to: "host.pem")
        try await succeed("sealane identity verify host.pem --trust ca.pem")
        try await succeed("cp ca.pem host.pem")
        #expect(try await reason().observed == "a certificate of an authority (CN=ours)")
        try await succeed(
            "openssl req -x509 -newkey rsa:4096 -nodes -keyout big.key -out host.pem -subj /CN=big 2>/dev/null")
        #expect(try await reason().observed == "a certificate of an authority (CN=big)")

        for (line, told) in [
            ("missing.pem --trust ca.pem", "missing.pem"), ("host.pem --trust missing.pem", "missing.pem"),
            ("host.pem --trust host.key", "trust bundle in host.key"),
            ("host.pem --trust ca.pem --fleet prod --revoked host.key", "revocation list in host.key"),
        ] {
            let outcome = try await run("sealane identity verify \(line)")
            #expect(outcome.status == 1, "\(outcome)")
            #expect(outcome.output.contains(told), "\(outcome)")
        }
    }

    @Test("an authority begins with list 1, which is empty; --refresh signs it again; each list can be used at once")
    func lists() async throws {
        try await succeed("sealane ca create ca --fleet prod")
        func head(_ path: String) throws -> [String] {
            try String(contentsOfFile: directory.path(path), encoding: .utf8).split(separator: "\n").map(String.init)
        }
        let first = try head("ca/revoked")
        #expect(first.count == 5 && first[2] == "number 1" && first[4].hasPrefix("signature "), "\(first)")
        try await succeed("cp ca/ca.pem ca.pem && cp ca/ca.key ca.key")
        try await makeHost()
        try await succeed("sealane identity verify host.pem --trust ca.pem --revoked ca/revoked")
        let refreshed = try await succeed("sealane ca revoke ca --refresh > revoked")
        #expect(refreshed == "")
        let second = try head("revoked")
        #expect(second.count == 5 && second[2] == "number 2", "\(second)")
        try await succeed("sealane identity verify host.pem --trust ca.pem --revoked revoked")
        for wrong in ["--refresh --instance i-0a", "--refresh --serial 01", "--issuer ca.pem"] {
            #expect(try await run("sealane ca revoke ca \(wrong)").status == 2)
        }
    }

    @Test("revoking an authority's certificate refuses what it has issued, and the command says so")
    func authorities() async throws {
        try await makeRoot()
        try await succeed("mkdir ca && cp ca.pem ca.key ca/ && : > ca/ledger.jsonl && chmod 600 ca/ca.key")
        try directory.write(
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n", to: "middle.ext")
        try await succeed(
            "openssl req -new -newkey ed25519 -nodes -keyout middle.key -subj /CN=middle -out middle.csr 2>/dev/null && "
                + "openssl x509 -req -in middle.csr -CA ca.pem -CAkey ca.key -set_serial 0x4a02 -days 9 -extfile middle.ext "
                + "-out middle.pem 2>/dev/null && cat ca.pem middle.pem > bundle.pem")
        try directory.write(Self.extensions.joined(separator: "\n") + "\n", to: "host.ext")
        try await succeed(
            "openssl req -new -newkey ed25519 -nodes -keyout host.key -subj /CN=host -out host.csr 2>/dev/null && "
                + "openssl x509 -req -in host.csr -CA middle.pem -CAkey middle.key -set_serial 0x4a02 -days 1 "
                + "-extfile host.ext -out host.pem 2>/dev/null")
        func observed(_ list: String) async throws -> String? {
            let outcome = try await run("sealane identity verify host.pem --trust bundle.pem --revoked \(list) --json")
            let report = try ReportSchema.decode(CertificateVerdictReport.self, from: Array(outcome.output.utf8))
            #expect(outcome.status == (report.verdict.eligible ? 0 : 3))
            if !report.verdict.eligible { #expect(Set(report.verdict.reasons.map(\.code)) == [.certificateRevoked]) }
            return report.verdict.reasons.first?.observed
        }
        let named = try await succeed("sealane ca revoke ca --serial 4a02 --issuer middle.pem > hosts")
        #expect(named.contains("4a02: the certificate of this number that CN=middle (key "), "\(named)")
        #expect(try await observed("hosts")?.hasPrefix("the serial number 4a02 is in list 1") == true)
        try await succeed("rm ca/revoked")
        let middle = try await succeed("sealane ca revoke ca --serial 4a02 --issuer ca.pem > middles")
        #expect(middle.contains("CN=ours"), "\(middle)")
        #expect(try await observed("middles")?.hasPrefix("the authority CN=middle, serial number 4a02, is in") == true)
        try await succeed("rm ca/revoked")
        let unknown = try await succeed("sealane ca revoke ca --serial 4a02 > any")
        #expect(unknown.contains("every certificate of this number is revoked, whoever issued it"), "\(unknown)")
        #expect(try await observed("any") != nil)
        try await succeed("rm ca/revoked")
        let serial = try await succeed("openssl x509 -in ca.pem -noout -serial | cut -d= -f2").split(separator: "\n")[0]
        let own = try await succeed("sealane ca revoke ca --serial \(serial) > own")
        #expect(own.contains("is the certificate of this authority: nothing that it has issued passes"), "\(own)")
        #expect(try await observed("own")?.hasPrefix("the authority CN=ours, serial number") == true)
        let sign = try await run("sealane ca sign ca host.csr")
        #expect(sign.status != 0)
    }
}
