import Foundation
import NetworkLab
import SealaneEligibility
import Testing

extension Integration {
    /// A peer chooses what it shows, so it must not gain by leaving out a certificate or a part of it.
    @Suite struct CertificateMemoryTests {
        private static func identity(
            _ authority: Authority, _ own: (certificate: String, key: String), _ rest: String
        ) -> String {
            """
            identity:
              trust-file: \(authority.trustPath)
              certificate-file: \(own.certificate)
              key-file: \(own.key)
            \(rest)
            """
        }

        private static func instance(_ host: Host) -> String {
            "{id: i-0\(host.name), type: c5n.large, region: us-east-1, vpc: vpc-0a}"
        }

        private func codes(_ reasons: [Reason]?) -> Set<ReasonCode> { Set((reasons ?? []).map(\.code)) }

        private func ping(_ host: Host, wait: Int = 5) async throws -> Bool {
            try await host.run("ping", "-n", "-c", "1", "-W", "\(wait)", "10.78.0.\(host.index == 0 ? 2 : 1)").status
                == 0
        }

        /// Two hosts whose configurations contain facts about each other. They have certificates of one authority but
        /// do not require them.
        private func fleet() async throws -> (
            a: Host, b: Host, authority: Authority, own: (certificate: String, key: String)
        ) {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            let authority = try await Authority.create("ca", by: a)
            var files: [(certificate: String, key: String)] = []
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.instance = Self.instance(host)
                try host.configure(settings)
                let own = try await authority.enrol(host)
                files.append(own)
                settings.more = Self.identity(authority, own, "policy: {require-certificate: false}")
                settings.peers = [other.peerEntry()]
                try host.configure(settings)
                try await host.startAgent()
            }
            return (a, b, authority, files[0])
        }

        /// Restarts b's agent without its identity and without its memory of a, as somebody who took over the host
        /// could.
        private func bare(_ a: Host, _ b: Host) async throws {
            #expect(try await b.stopAgent() == 0)
            let memory = b.statePath + "/certified-peers"
            if FileManager.default.fileExists(atPath: memory) { try FileManager.default.removeItem(atPath: memory) }
            var settings = b.defaults
            settings.instance = Self.instance(b)
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            try await b.startAgent()
        }

        private func expectUnproven(_ a: Host, _ b: Host, as name: String? = nil) async throws {
            // A refusal in force is repeated for a while.
            try await eventually(within: .seconds(30), "a refuses b for missing certificates") {
                #expect(try await !ping(b, wait: 1))
                let report = try await a.peerReport(name ?? b.name)
                #expect(report.session == nil)
                return codes(report.verdict.reasons) == [.factsUnproven]
                    && report.verdict.reasons.contains { $0.observed.contains("which presented one before") }
            }
        }

        @Test func `a revoked peer cannot return without its certificate until it is removed and added`() async throws {
            let (a, b, authority, own) = try await fleet()
            #expect(try await ping(b))
            #expect(try await a.peerReport(b.name).certificate != nil)
            let early = try a.log
            #expect(early.contains("policy.require-certificate"), "\(early)")
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.output.contains("require-certificate"), "\(doctor)")

            let list = try await authority.revoke(instance: "i-0\(b.name)")
            func configure(_ peers: [String], isProving: Bool = true) throws {
                var settings = a.defaults
                settings.instance = Self.instance(a)
                if isProving {
                    settings.more = Self.identity(
                        authority, own, "  revocations-file: \(list)\npolicy: {require-certificate: false}")
                }
                settings.peers = peers
                try a.configure(settings)
            }
            func reload() async throws {
                let reload = try await a.sealane("reload")
                #expect(reload.status == 0, "\(reload)")
            }
            try configure([b.peerEntry()])
            try await reload()
            #expect(codes(try await a.peerReport(b.name).verdict.reasons) == [.certificateRevoked])

            try await bare(a, b)
            try await expectUnproven(a, b)
            // The memory survives the agent, however it ends.
            try await a.killAgent()
            try await a.startAgent()
            try await expectUnproven(a, b)
            // The memory belongs to the key, not to the name.
            try configure([b.peerEntry().replacing("name: \(b.name)", with: "name: other")])
            try await reload()
            try await expectUnproven(a, b, as: "other")
            // Without authorities, no certificate counts, and neither do configured facts.
            #expect(try await a.stopAgent() == 0)
            try configure([b.peerEntry()], isProving: false)
            try await a.startAgent()
            try await expectUnproven(a, b)
            let late = try a.log
            #expect(late.contains("peers that have shown a certificate are refused"), "\(late)")
            // A peer that the operator removes and adds starts afresh.
            try configure([])
            try await reload()
            try configure([b.peerEntry()])
            try await reload()
            try await eventually(within: .seconds(30), "a accepts b again") { try await ping(b, wait: 1) }
        }

        @Test func `a certificate that was refused at first sight is remembered too`() async throws {
            let (a, b, authority, own) = try await fleet()
            #expect(try await b.stopAgent() == 0)
            let list = try await authority.revoke(instance: "i-0\(b.name)")
            var settings = a.defaults
            settings.instance = Self.instance(a)
            settings.more = Self.identity(
                authority, own, "  revocations-file: \(list)\npolicy: {require-certificate: false}")
            settings.peers = [b.peerEntry()]
            try a.configure(settings)
            #expect(try await a.stopAgent() == 0)
            try await a.startAgent()
            try await b.startAgent()
            #expect(try await !ping(b, wait: 2))
            #expect(codes(try await a.peerReport(b.name).verdict.reasons) == [.certificateRevoked])
            try await bare(a, b)
            try await expectUnproven(a, b)
        }

        @Test func `a host with a trust bundle requires certificates by default`() async throws {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            let authority = try await Authority.create("ca", by: a)
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.peers = [other.peerEntry()]
                if host === a { settings.more = "identity: {trust-file: \(authority.trustPath)}" }
                try host.configure(settings)
                try await host.startAgent()
            }
            #expect(try await !ping(b, wait: 2))
            #expect(codes(try await a.peerReport(b.name).verdict.reasons) == [.factsUnproven])
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "identity: {trust-file: \(authority.trustPath)}\npolicy: {require-certificate: off}"
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            try await eventually(within: .seconds(30), "a accepts b") { try await ping(b, wait: 1) }
        }

        @Test func `a peer with a configured instance id must prove that id`() async throws {
            let (a, b, authority, own) = try await fleet()
            // The authority does not require an instance, and the request names none.
            var settings = b.defaults
            settings.instance = "{type: c5n.large, region: us-east-1, vpc: vpc-0a}"
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            let base = b.network.directory.path("anonymous")
            let program = Host.programs.appending(path: "sealane").path
            let made = try await b.run(
                "sh", "-c",
                "'\(program)' identity csr --config '\(b.configurationPath)' --key '\(base).key' >'\(base).csr' && "
                    + "openssl x509 -req -in '\(base).csr' -CA '\(authority.trustPath)' -CAkey '\(authority.directory)/ca.key' "
                    + "-copy_extensions copy -days 1 -out '\(base).pem'")
            #expect(made.status == 0, "\(made)")
            settings.more = Self.identity(
                authority, ("\(base).pem", "\(base).key"), "policy: {require-certificate: false}")
            try b.configure(settings)
            let reload = try await b.sealane("reload")
            #expect(reload.status == 0 || reload.output.contains("restart"), "\(reload)")
            #expect(try await b.stopAgent() == 0)
            try await b.startAgent()

            var strict = a.defaults
            strict.instance = Self.instance(a)
            strict.more = Self.identity(authority, own, "")
            for (pin, expected) in [
                ("{id: i-0\(b.name)}", Set([ReasonCode.factsUnproven])), ("{}", []),
            ] {
                strict.peers = [b.peerEntry(instance: pin)]
                try a.configure(strict)
                #expect(try await a.sealane("reload").status == 0)
                try await eventually(within: .seconds(30), "the pin \(pin) decides") {
                    _ = try await ping(b, wait: 1)
                    let report = try await a.peerReport(b.name)
                    return report.certificate != nil && codes(report.verdict.reasons) == expected
                }
                if expected.isEmpty {
                    try await eventually(within: .seconds(30), "b passes") { try await ping(b, wait: 1) }
                } else {
                    #expect(try await !ping(b, wait: 2))
                }
                #expect(try await a.peerReport(b.name).instance[.instanceID] == nil)
            }
        }
    }
}
