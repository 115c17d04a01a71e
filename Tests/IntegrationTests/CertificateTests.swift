import Foundation
import NetworkLab
import SealaneControl
import SealaneEligibility
import Testing

extension Integration {
    @Suite struct CertificateTests {
        private static func instance(_ host: Host) -> String {
            "{id: i-0\(host.name), type: c5n.large, region: us-east-1, vpc: vpc-0a}"
        }

        /// The peer entry for this host in another host's configuration, without facts of its instance.
        private static func peer(_ host: Host) -> String {
            """
              - name: \(host.name)
                endpoint: "10.77.0.\(host.index + 1):7325"
                public-key: \(host.publicKey)
                addresses: [10.78.0.\(host.index + 1)/32, "fd78::\(host.index + 1)/128"]
            """
        }

        private static func identity(
            trust: String, _ own: (certificate: String, key: String)?, revocations: String? = nil
        ) -> String {
            """
            identity:
              trust-file: \(trust)
            \(own.map { "  certificate-file: \($0.certificate)\n  key-file: \($0.key)" } ?? "")
            \(revocations.map { "  revocations-file: \($0)" } ?? "")
            policy: {require-certificate: true}
            """
        }

        /// Two hosts with certificates of one authority and running agents. Neither configuration has facts about the
        /// other.
        private static func fleet() async throws -> (a: Host, b: Host, authority: Authority) {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            let authority = try await Authority.create("ca", by: a)
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.instance = instance(host)
                try host.configure(settings)
                let own = try await authority.enrol(host)
                settings.more = identity(trust: authority.trustPath, own)
                settings.peers = [peer(other)]
                try host.configure(settings)
                try await host.startAgent()
            }
            return (a, b, authority)
        }

        private static func configure(
            _ host: Host, _ other: Host, trust: String, _ own: (certificate: String, key: String)?,
            revocations: String? = nil
        ) throws {
            var settings = host.defaults
            settings.instance = instance(host)
            settings.more = identity(trust: trust, own, revocations: revocations)
            settings.peers = [peer(other)]
            try host.configure(settings)
        }

        private func codes(_ reasons: [Reason]?) -> Set<ReasonCode> { Set((reasons ?? []).map(\.code)) }

        @Test func `certificates prove type, Region, VPC and addresses that nobody configured`() async throws {
            let (a, b, _) = try await Self.fleet()
            // It had no occasion to show its certificate, which is not a reason against it.
            let early = try await a.sealane("peer", "check", b.name)
            #expect(early.status == 5, "\(early)")
            #expect(!early.output.contains("facts-unproven"), "\(early)")
            #expect(
                try await a.peerReport(b.name).verdict.missing
                    == [.claims, .certificate, .translation, .forwarding, .mtu])
            let metrics = try await a.run("curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            let refusals = metrics.output.split(separator: "\n").filter { $0.hasPrefix("sealane_refused_peers{") }
            #expect(!refusals.isEmpty && refusals.allSatisfy { $0.hasSuffix(" 0") }, "\(refusals)")
            let ping = try await a.run("ping", "-n", "-c", "2", "-i", "0.2", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            for (host, other) in [(a, b), (b, a)] {
                let report = try await host.peerReport(other.name)
                #expect(report.state == .established)
                #expect(report.verdict.eligible)
                #expect(report.instance[.instanceType] == FactReport(value: "c5n.large", source: .certificate))
                #expect(report.certificate?.addresses == ["10.78.0.\(other.index + 1)", "fd78::\(other.index + 1)"])
                let check = try await host.sealane("peer", "check", other.name)
                #expect(check.status == 0, "\(check)")
                let status = try await host.statusReport()
                #expect(status.identity?.instance[.instanceID]?.value == "i-0\(host.name)")
            }
            #expect(try await a.sealane("status").output.contains("certificate"))
        }

        @Test func `renewing a certificate loses no packet, and peers see the new one`() async throws {
            let (a, b, authority) = try await Self.fleet()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let before = try #require(try await a.peerReport(b.name).certificate)
            let stream = try await PingPong(from: a, to: "10.78.0.2")
            try await authority.enrol(b)
            let reload = try await b.sealane("reload")
            #expect(reload.status == 0, "\(reload)")
            #expect(reload.output.contains("identity"), "\(reload)")
            try await eventually("a sees the new certificate") {
                try await a.peerReport(b.name).certificate?.serial != before.serial
            }
            let sent = try await a.peerReport(b.name).traffic.sentPackets
            try await eventually("packets travel in the new session") {
                try await a.peerReport(b.name).traffic.sentPackets > sent + 100
            }
            let count = try await stream.stop()
            #expect(count.sent > 100 && count.lost == 0, "\(count)")
            #expect(try await a.peerReport(b.name).verdict.eligible)
        }

        @Test func `a revoked certificate ends the session, and both ends show the reason`() async throws {
            let (a, b, authority) = try await Self.fleet()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let list = try await authority.revoke(instance: "i-0\(b.name)")
            let own = (a.network.directory.path("\(a.name).pem"), a.network.directory.path("\(a.name).identity.key"))
            try Self.configure(a, b, trust: authority.trustPath, own, revocations: list)
            let reload = try await a.sealane("reload")
            #expect(reload.status == 0, "\(reload)")
            let report = try await a.peerReport(b.name)
            #expect(codes(report.verdict.reasons) == [.certificateRevoked])
            #expect(report.session == nil)
            let ping = try await b.run("ping", "-n", "-c", "1", "-W", "2", "10.78.0.1")
            #expect(ping.status != 0, "\(ping)")
            // b does not know that its session is over: it asks for another when nothing has come back for 15 s.
            try await eventually(within: .seconds(30), "b has the reason") {
                _ = try await b.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.1")
                return codes(try await b.peerReport(a.name).refusedByPeer) == [.certificateRevoked]
            }
        }

        @Test func `a certificate that expires during a session ends it at that moment`() async throws {
            let (a, b, authority) = try await Self.fleet()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let brief = try authority.issueBriefly(b, seconds: 5)
            let reload = try await b.sealane("reload")
            #expect(reload.status == 0, "\(reload)")
            try await eventually("a sees the brief certificate") {
                try await a.peerReport(b.name).certificate?.serial == brief
            }
            #expect(try await a.peerReport(b.name).session != nil)
            for (host, other) in [(a, b), (b, a)] {
                try await eventually("\(host.name) refuses \(other.name)") {
                    let report = try await host.peerReport(other.name)
                    return codes(report.verdict.reasons) == [.certificateExpired] && report.session == nil
                }
            }
        }

        @Test func `a peer whose certificate expires while idle is unjudged, not refused`() async throws {
            let (a, b, authority) = try await Self.fleet()
            let brief = try authority.issueBriefly(b, seconds: 20)
            #expect(try await b.sealane("reload").status == 0)
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            try await eventually("a sees the brief certificate") {
                try await a.peerReport(b.name).certificate?.serial == brief
            }
            try await b.killAgent()
            // A policy that ends the session, and then the previous policy.
            var settings = a.defaults
            settings.instance = Self.instance(a)
            settings.peers = [Self.peer(b)]
            let own = (a.network.directory.path("\(a.name).pem"), a.network.directory.path("\(a.name).identity.key"))
            let policy = Self.identity(trust: authority.trustPath, own)
            for more in [policy.replacing("policy: {", with: "policy: {denied-families: [c5n], "), policy] {
                settings.more = more
                try a.configure(settings)
                let reload = try await a.sealane("reload")
                #expect(reload.status == 0, "\(reload)")
            }
            let idle = try await a.peerReport(b.name)
            #expect(idle.verdict.eligible && idle.session == nil, "\(idle.verdict)")
            try await eventually(within: .seconds(60), "the certificate has expired") {
                try await !a.peerReport(b.name).verdict.eligible
            }
            let report = try await a.peerReport(b.name)
            #expect(report.verdict.missing == [.certificate], "\(report.verdict)")
            #expect(try await a.sealane("peer", "check", b.name).status == 5)
        }

        @Test func `the refused end shows its peer's reason and none of its own`() async throws {
            let network = try await Network()
            let (a, b) = (try await Host(network, 0), try await Host(network, 1))
            let authority = try await Authority.create("ca", by: a)
            for (host, other, region) in [(a, b, "us-west-2"), (b, a, "us-east-1")] {
                var settings = host.defaults
                settings.instance = "{id: i-0\(host.name), type: c5n.large, region: \(region), vpc: vpc-0a}"
                try host.configure(settings)
                let own = try await authority.enrol(host)
                settings.more =
                    Self.identity(trust: authority.trustPath, own).replacing(
                        "policy: {", with: "policy: {proof: {type: certificate, region: certificate, id: certificate}, "
                    )
                settings.peers = [Self.peer(other)]
                try host.configure(settings)
                try await host.startAgent()
            }
            let ping = try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2")
            #expect(ping.output.contains("Packet filtered"), "\(ping)")
            let report = try await a.peerReport(b.name)
            #expect(codes(report.refusedByPeer) == [.regionMismatch])
            #expect(report.verdict.verdict == .unjudged && report.verdict.reasons.isEmpty, "\(report.verdict)")
            let shown = try await a.sealane("peer", "show", b.name).output
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 3, "\(check)")
            for output in [shown, check.output] {
                #expect(output.contains("region-mismatch"), "\(output)")
                #expect(!output.contains("facts-unproven") && !output.contains("facts-unknown"), "\(output)")
            }
            #expect(codes(try await b.peerReport(a.name).verdict.reasons) == [.regionMismatch])
        }

        @Test func `certificates of an untrusted authority, and none at all, are refused by name`() async throws {
            let (a, b, authority) = try await Self.fleet()
            #expect(try await b.stopAgent() == 0)
            let foreign = try await Authority.create("foreign", by: b)
            let both = b.network.directory.path("both.pem")
            let join = try await b.run("sh", "-c", "cat '\(authority.trustPath)' '\(foreign.trustPath)' > '\(both)'")
            #expect(join.status == 0)

            // b trusts its own, self-made authority.
            let selfMade = try await foreign.enrol(b, as: "selfmade")
            try Self.configure(b, a, trust: both, selfMade)
            try await expectRefused(.certificateUntrusted, a, b)

            // b has no certificate.
            try Self.configure(b, a, trust: authority.trustPath, nil)
            try await expectRefused(.factsUnproven, a, b)
        }

        /// Starts the agent of b, lets it connect to a, and expects this single reason on both ends.
        private func expectRefused(_ code: ReasonCode, _ a: Host, _ b: Host) async throws {
            try await b.startAgent()
            let ping = try await b.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1")
            #expect(ping.output.contains("Packet filtered"), "\(ping)")
            #expect(codes(try await b.peerReport(a.name).refusedByPeer) == [code])
            let report = try await a.peerReport(b.name)
            #expect(codes(report.verdict.reasons) == [code])
            #expect(report.session == nil)
            #expect(try await b.stopAgent() == 0)
        }
    }
}
