import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

/// An authority with a directory, and what it issued. The clock stands as in `SampleReports`.
private struct SampleAuthority {
    let scratch: ScratchDirectory
    let directory: AuthorityDirectory
    let certificate: IdentityCertificate

    init() throws {
        scratch = try ScratchDirectory()
        directory = AuthorityDirectory(scratch.path("ca"))
        var random = SeededRandom(seed: 1)
        let now = SampleReports.now
        let authority = try directory.create(
            fleet: TrustDomain(fleet: "prod"), lifetime: 30 * 86400, at: now.addingTimeInterval(-7200),
            using: &random)
        func request(_ id: String, _ host: Int) throws -> SigningRequest {
            try SigningRequest(
                facts: Facts(
                    [.instanceID: Fact(id, .stated), .instanceType: Fact("c5n.large", .stated)],
                    addresses: Fact([try #require(IPPrefix("10.78.0.\(host)"))], .stated)), fleet: authority.fleet,
                key: IdentityKey.generate(using: &random))
        }
        certificate = try directory.sign(request("i-0a", 1), at: now, using: &random)
        let revoked = try directory.sign(request("i-0b", 2), at: now, using: &random)
        _ = try directory.sign(request("i-0c", 3), lifetime: 60, at: now.addingTimeInterval(-3600), using: &random)
        _ = try directory.revoke(serials: [revoked.serial], at: now)
    }

    /// The name of the root has the beginning of its key's identifier.
    var authorityName: String { certificate.issuer }

    var verdict: CertificateVerdictReport {
        get throws {
            let verifier = IdentityVerifier(
                fleet: try TrustDomain(fleet: "prod"), trust: try TrustBundle.read(directory.certificatePath))
            return CertificateVerdictReport(
                certificate, .success(try verifier.verify(certificate, at: SampleReports.now)))
        }
    }

    func refusal(fleet: String) throws -> CertificateVerdictReport {
        let verifier = IdentityVerifier(
            fleet: try TrustDomain(fleet: fleet), trust: try TrustBundle.read(directory.certificatePath))
        let outcome = Result { () throws(IdentityRefusal) in
            try verifier.verify(certificate, at: SampleReports.now, source: "host.pem")
        }
        return CertificateVerdictReport(certificate, outcome)
    }
}

struct CertificateReportTests {
    private let plain = SampleReports.plain
    private let sample: SampleAuthority

    init() throws { sample = try SampleAuthority() }

    @Test func `a certificate is shown with all it says`() {
        let certificate = sample.certificate
        #expect(
            CertificateReport(certificate).text(plain) == """
                i-0a
                  fleet        prod
                  instance     id i-0a, type c5n.large (certificate)
                  addresses    10.78.0.1
                  valid        2026-01-02T03:03:05Z to 2026-01-03T03:04:05Z, for 1 d more
                  issuer       \(sample.authorityName)
                  serial       \(certificate.serial)
                  fingerprint  \(certificate.fingerprint)
                  size         \(certificate.der.count) bytes

                """)
    }

    @Test func `what is no longer valid, or not yet, is said to be so`() {
        let report = CertificateReport(sample.certificate)
        let late = ReportStyle(isColoured: false, now: SampleReports.now.addingTimeInterval(2 * 86400))
        #expect(report.text(late).contains("to 2026-01-03T03:04:05Z, expired 1 d ago\n"))
        let early = ReportStyle(isColoured: false, now: SampleReports.now.addingTimeInterval(-61))
        #expect(report.text(early).contains("to 2026-01-03T03:04:05Z, not yet\n"))
    }

    @Test func `a verdict shows who vouches, or every reason`() throws {
        #expect(
            try sample.verdict.text(plain) == """
                i-0a  verified
                  by     \(sample.authorityName)
                  valid  2026-01-02T03:03:05Z to 2026-01-03T03:04:05Z, for 1 d more

                """)
        #expect(
            try sample.refusal(fleet: "test").text(plain) == """
                i-0a  refused, 1 reason
                    identity-mismatch  \(ReasonCode.identityMismatch.explanation)
                      observed  the fleet prod
                      required  the fleet test
                      source    host.pem
                      remedy    \(ReasonCode.identityMismatch.remedy)

                """)
    }

    @Test func `an authority shows what it issued, and what became of it`() throws {
        let report = try AuthorityReport(sample.directory, at: SampleReports.now)
        #expect(report.issued.map(\.state) == [.valid, .revoked, .expired])
        let serials = report.issued.map(\.serial)
        #expect(
            report.text(plain) == """
                prod
                  subject      \(sample.authorityName)
                  valid        2026-01-02T01:03:05Z to 2026-02-01T01:04:05Z, for 29 d 22 h more
                  fingerprint  \(report.fingerprint)
                  key          \(report.key)
                  certificate  \(sample.directory.certificatePath)
                  revoked      list 2 of 2026-01-02T03:04:05Z: 1 serial number, 0 instances
                  issued       3: 1 valid, 1 revoked, 1 expired

                INSTANCE  STATE    VALID UNTIL           ADDRESSES  SERIAL
                i-0a      valid    2026-01-03T03:04:05Z  10.78.0.1  \(serials[0])
                i-0b      revoked  2026-01-03T03:04:05Z  10.78.0.2  \(serials[1])
                i-0c      expired  2026-01-02T02:05:05Z  10.78.0.3  \(serials[2])

                """)
    }

    @Test func `facts of the ledger come with what the authority knew them from`() throws {
        let issued = try AuthorityReport(sample.directory, at: SampleReports.now).issued
        #expect(issued[0].instance[.instanceType] == FactReport(value: "c5n.large", source: .stated))
        #expect(issued[1].instance[.instanceType] == FactReport(value: "c5n.large", source: .stated))
    }

    @Test func `the reports have these keys`() throws {
        func keys(_ report: some Encodable) throws -> Set<String> {
            let root = try JSONSerialization.jsonObject(with: Data(try ReportSchema.encode(report)))
            return Set(try #require(root as? [String: Any]).keys)
        }
        let certificate: Set = [
            "addresses", "byteCount", "fingerprint", "fleet", "instance", "issuer", "schemaVersion", "serial", "uri",
            "validFrom", "validUntil",
        ]
        #expect(try keys(CertificateReport(sample.certificate)) == certificate)
        #expect(try keys(sample.verdict) == ["authorities", "certificate", "schemaVersion", "verdict"])
        #expect(try keys(sample.refusal(fleet: "test")) == ["certificate", "schemaVersion", "verdict"])
        let authority = try AuthorityReport(sample.directory, at: SampleReports.now)
        #expect(
            try keys(authority) == [
                "certificate", "fingerprint", "fleet", "issued", "key", "revocations", "schemaVersion", "subject",
                "validFrom", "validUntil",
            ])
        #expect(try keys(#require(authority.revocations)) == ["instances", "issuedAt", "number", "serials"])
        #expect(
            try keys(authority.issued[1]) == [
                "addresses", "fingerprint", "instance", "issuedAt", "serial", "state", "validUntil",
            ])
        #expect(try ReportSchema.decode(AuthorityReport.self, from: try ReportSchema.encode(authority)) == authority)
    }
}
