import AgentTestSupport
import Foundation
import SealaneConsole
import SealaneEligibility
import SealaneIdentity
import SealanePacket
import TestSupport
import Testing

@Suite("A doctor looks at this host's certificate as its agent would")
struct DoctorCertificateTests {
    private let scratch: ScratchDirectory
    private let directory: AuthorityDirectory
    private let key: IdentityKey

    init() throws {
        scratch = try ScratchDirectory()
        directory = AuthorityDirectory(scratch.path("ca"))
        var random = SeededRandom(seed: 3)
        _ = try directory.create(
            fleet: TrustDomain(fleet: "sealane"), at: Date(timeIntervalSinceNow: -48 * 3600), using: &random)
        key = try IdentityKeyFile.readOrCreate(scratch.path("identity.key"), using: &random).key
        try scratch.write(ConfigurationText.key(7) + "\n", to: "private.key")
    }

    /// - Parameter hours: how long ago it was issued, for 24 hours.
    private func issue(type: String = "m5n.xlarge", address: String = "10.78.0.1/32", hours: Double = 0) throws {
        var random = SeededRandom(seed: 4)
        let facts = Facts(
            [
                .instanceID: Fact("i-0a", .stated), .instanceType: Fact(type, .stated), .region: Fact("r", .stated),
                .vpc: Fact("v", .stated),
            ], addresses: Fact([try #require(IPPrefix(address))], .stated))
        let certificate = try directory.sign(
            SigningRequest(facts: facts, fleet: TrustDomain(fleet: "sealane"), key: key),
            at: Date(timeIntervalSinceNow: -hours * 3600), using: &random)
        try scratch.write(String(decoding: certificate.pem, as: UTF8.self), to: "host.pem")
    }

    private func check(generatesKeys: Bool = false, own: Bool = true) async throws -> DoctorReport.Check {
        let files = "  certificate-file: \(scratch.path("host.pem"))\n  key-file: \(scratch.path("identity.key"))\n"
        try scratch.write(
            """
            agent:
              listen: "127.0.0.1:17325"
              addresses: [10.78.0.1/24]
              private-key-file: \(scratch.path("private.key"))
              control-socket: \(scratch.path("control.sock"))
              generate-keys: \(generatesKeys)
            instance: {metadata: off, type: m5n.xlarge}
            identity:
              trust-file: \(directory.certificatePath)
            \(own ? files : "")
            """, to: "sealane.yaml")
        let doctor = Doctor(configurationPath: scratch.path("sealane.yaml"), controlSocket: nil)
        let found = await doctor.examine().checks
        let checks = found.filter { $0.name == "certificate" }
        try #require(checks.count == 1, "\(found)")
        return checks[0]
    }

    @Test("one in order proves what is not stated, and says until when")
    func inOrder() async throws {
        try issue()
        let check = try await check()
        #expect(check.outcome == .ok, "\(check)")
        #expect(check.observed.contains("spiffe://sealane/region/r/vpc/v/type/m5n.xlarge/instance/i-0a, valid until "))
    }

    @Test("one that has less than a third of its life left is a warning")
    func endsSoon() async throws {
        try issue(hours: 15)
        #expect(try await check().outcome == .ok)
        try issue(hours: 17)
        let check = try await check()
        #expect(check.outcome == .warning, "\(check)")
        #expect(check.remedy?.contains("sealane reload") == true)
    }

    @Test("one that is over, contradicts the host, or lacks its address is a problem with the reason's code")
    func problems() async throws {
        for (code, issue) in [
            (ReasonCode.certificateExpired, { try issue(hours: 25) }),
            (.identityMismatch, { try issue(type: "c5n.large") }),
            (.addressNotOwned, { try issue(address: "10.78.0.9/32") }),
        ] as [(ReasonCode, () throws -> Void)] {
            try issue()
            let check = try await check()
            #expect(check.outcome == .problem, "\(check)")
            #expect(check.observed.contains(code.rawValue), "\(check)")
            #expect(check.remedy == code.remedy)
        }
    }

    @Test("one that is not there is a problem, but while the host is being enrolled; nothing is made")
    func missing() async throws {
        let missing = try await check()
        #expect(missing.outcome == .problem)
        #expect(missing.observed.contains(scratch.path("host.pem")), "\(missing)")
        let awaited = try await check(generatesKeys: true)
        #expect(awaited.outcome == .warning, "\(awaited)")
        #expect(awaited.observed.contains("does not exist yet"))
        #expect(!FileManager.default.fileExists(atPath: scratch.path("host.pem")))
        #expect(try await check(own: false).outcome == .ok)
    }
}
