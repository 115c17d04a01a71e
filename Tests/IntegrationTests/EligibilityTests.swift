import Foundation
import NetworkLab
import SealaneEligibility
import Testing

extension Integration {
    @Suite struct EligibilityTests {
        /// One peer for each way to be refused by configured facts.
        private static let stated: [(code: ReasonCode, instance: String)] = [
            (.peerTypeUnsupported, "{type: t3.micro, region: us-east-1, vpc: vpc-0a}"),
            (.regionMismatch, "{type: c5n.large, region: us-west-2, vpc: vpc-0a}"),
            (.vpcNotShared, "{type: c5n.large, region: us-east-1, vpc: vpc-0f}"),
            (.peeringNotActive, "{type: c5n.large, region: us-east-1, vpc: vpc-0b}"),
            (.factsUnknown, "{type: c5n.large, region: us-east-1}"),
        ]
        private static let policy = """
            policy:
              peerings:
                - {id: pcx-1, vpcs: [vpc-0a, vpc-0b], region: us-east-1, status: pending-acceptance}
                - {id: pcx-2, vpcs: [vpc-0c, vpc-0a], region: us-east-1, status: active}
            """

        @Test func `every reason from configured facts shows in all reports, and ICMP answers packets`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = Self.policy
            for (index, (code, instance)) in Self.stated.enumerated() {
                let key = try await Host(network, 1).publicKey
                settings.peers.append(
                    """
                      - name: \(code)
                        endpoint: 10.77.0.\(100 + index):7325
                        public-key: \(key)
                        addresses: [10.78.0.\(100 + index)/32, "fd78::\(100 + index)/128"]
                        instance: \(instance)
                    """)
            }
            try a.configure(settings)
            try await a.startAgent()
            for (index, (code, _)) in Self.stated.enumerated() {
                try await expectRefused(code, by: a, peer: "\(code)")
                let four = try await a.run("ping", "-n", "-c", "1", "-W", "2", "10.78.0.\(100 + index)")
                #expect(four.output.contains("From 10.78.0.\(100 + index)"), "\(four)")
                #expect(four.output.contains("Packet filtered"), "\(four)")
                let six = try await a.run("ping", "-n", "-c", "1", "-W", "2", "fd78::\(100 + index)")
                #expect(six.output.contains("Administratively prohibited"), "\(six)")
            }
        }

        @Test func `an unsupported local type gives local-type-unsupported`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            var settings = a.defaults
            settings.instance = "{type: t2.nano, region: us-east-1, vpc: vpc-0a}"
            settings.peers = [b.peerEntry()]
            try a.configure(settings)
            try await a.startAgent()
            try await expectRefused(.localTypeUnsupported, by: a, peer: b.name)
            let status = try await a.sealane("status")
            let why = "no peer is eligible, because of this host"
            #expect(status.output.contains("\(why): local-type-unsupported: t2.nano"), "\(status)")
            let logged = try a.log.split(separator: "\n").filter { $0.contains(why) }
            #expect(logged.count == 1 && logged[0].contains("reason=local-type-unsupported"), "\(logged)")
        }

        @Test func `a peer that contradicts its configuration is refused, and both ends show why`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            // a's configuration has another instance for b, and b claims an address that a does not grant it.
            var settings = a.defaults
            settings.peers = [
                b.peerEntry(
                    addresses: "[10.78.0.2/32]", instance: "{id: i-0b, type: c5n.large, region: us-east-1, vpc: vpc-0a}"
                )
            ]
            try a.configure(settings)
            settings = b.defaults
            settings.instance = "{id: i-0c, type: c5n.large, region: us-east-1, vpc: vpc-0a}"
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            try await a.startAgent()
            try await b.startAgent()
            let ping = try await b.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1")
            #expect(ping.output.contains("Packet filtered"), "\(ping)")
            try await expectRefused(.identityMismatch, by: a, peer: b.name)
            try await expectRefused(.addressNotOwned, by: a, peer: b.name)
            // b gets the reasons, sealed.
            let report = try await b.peerReport(a.name)
            #expect(report.state == .refused)
            // The other end refused before b could judge it, so b has no reason of its own.
            #expect(report.verdict.verdict == .unjudged && report.verdict.reasons.isEmpty, "\(report.verdict)")
            #expect(Set((report.refusedByPeer ?? []).map(\.code)) == [.identityMismatch, .addressNotOwned])
            #expect(try await b.sealane("peer", "check", a.name).status == 3)
            #expect(try await b.sealane("peer", "show", a.name).output.contains("identity-mismatch"))
            #expect(try b.log.contains("identity-mismatch"))
        }

        @Test func `an active peering and a family that the policy allows pass`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let more = Self.policy + "\n  extra-families: [t3]\n"
            var settings = a.defaults
            settings.more = more
            settings.peers = [b.peerEntry(instance: "{type: t3.micro, region: us-east-1, vpc: vpc-0c}")]
            try a.configure(settings)
            settings = b.defaults
            settings.instance = "{type: t3.micro, region: us-east-1, vpc: vpc-0c}"
            settings.more = more
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            try await a.startAgent()
            try await b.startAgent()
            let ping = try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 0, "\(check)")
            let foreign = try await a.sealane("peer", "check", b.name, "--source", "10.78.0.77")
            #expect(foreign.status == 3, "\(foreign)")
            #expect(foreign.output.contains("address-not-owned"))
        }

        @Test func `types that do not encrypt are eligible and shown as ignored if both policies say so`() async throws
        {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let instance = "{type: m5.large, region: us-east-1, vpc: vpc-0a}"
            for (host, other) in [(a, b), (b, a)] {
                var settings = host.defaults
                settings.instance = instance
                settings.more = "policy:\n  rules: {types: ignore}\n"
                settings.peers = [other.peerEntry(instance: instance)]
                try host.configure(settings)
                try await host.startAgent()
            }
            let ping = try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2")
            #expect(ping.status == 0, "\(ping)")
            #expect(try await a.statusReport().rules == ["types": .ignore])
            let rules = try #require(try await a.peerReport(b.name).rules)
            #expect(rules.map(\.rule) == [.types] && rules.map(\.policy) == [.ignore])
            #expect(rules.flatMap(\.reasons).map(\.code) == [.localTypeUnsupported, .peerTypeUnsupported])
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 0, "\(check)")
            #expect(check.output.contains("m5.large (family m5 does not encrypt): ignored by policy"), "\(check)")
        }

        @Test func `a peer that never answered is unjudged, with status 5 and the time since`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            try a.configure(settings)
            try await a.startAgent()
            let idle = try await a.sealane("peer", "check", b.name)
            #expect(idle.status == 5, "\(idle)")
            #expect(idle.output.contains("unjudged"), "\(idle)")
            let report = try await a.peerReport(b.name)
            #expect(report.verdict.verdict == .unjudged && !report.verdict.eligible, "\(report.verdict)")
            #expect(report.verdict.missing == [.claims, .translation, .forwarding, .mtu])
            #expect(report.unanswered == nil)
            #expect(try await a.statusReport().peers.verdicts?.unjudged == 1)
            let metrics = try await a.run("curl", "-sS", "--unix-socket", a.controlSocket, "http://localhost/metrics")
            #expect(metrics.output.contains("sealane_peer_verdicts{verdict=\"unjudged\"} 1\n"), "\(metrics)")
            #expect(metrics.output.contains("sealane_peer_verdicts{verdict=\"eligible\"} 0\n"), "\(metrics)")
            let early = try a.log
            #expect(!early.contains("eligible"), "\(early)")

            _ = try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2")
            try await eventually("the peer counts as unreachable") {
                try await a.peerReport(b.name).state == .unreachable
            }
            let unanswered = try #require(try await a.peerReport(b.name).unanswered)
            #expect(unanswered.attempts >= 1 && unanswered.to == "10.77.0.2:7325" && unanswered.lane == 0)
            let check = try await a.sealane("peer", "check", b.name)
            #expect(check.status == 5, "\(check)")
            for output in [check.output, try await a.sealane("peer", "show", b.name).output] {
                for part in ["no answer", "Is the peer up", "10.77.0.2:7325", "public key"] {
                    #expect(output.contains(part), "\(part): \(output)")
                }
            }
            let line = try #require(try a.log.split(separator: "\n").first { $0.contains("peer does not answer") })
            #expect(line.contains("look-at=") && !line.contains("10.77."), "\(line)")

            // The peer answers at last.
            settings = b.defaults
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            try await b.startAgent()
            try await eventually("packets arrive") {
                try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status == 0
            }
            #expect(try await a.sealane("peer", "check", b.name).status == 0)
            #expect(try await a.peerReport(b.name).unanswered == nil)
        }

        @Test func `a packet from an address that the peer does not own is dropped, counted and logged`() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await b.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1").status == 0)
            let added = try await b.run("ip", "address", "add", "10.78.0.66/32", "dev", "sealane0")
            try #require(added.status == 0, "\(added)")
            let ping = try await b.run("ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-I", "10.78.0.66", "10.78.0.1")
            #expect(ping.status != 0)
            #expect(try await a.peerReport(b.name).counters["address-not-owned"] == 2)
            #expect(try await a.statusReport().counters["address-not-owned"] == 2)
            try await eventually("the log has it") { try a.log.contains("address-not-owned") }
        }

        @Test func `packets for an unresponsive peer are answered by ICMP from the peer's address`() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await b.stopAgent() == 0)
            // The peer counts as unreachable only after the first attempt failed.
            try await eventually("ICMP answers the packets") {
                let ping = try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2")
                return ping.output.contains("From 10.78.0.2") && ping.output.contains("Destination Host Unreachable")
            }
            #expect(try await a.peerReport(b.name).state == .unreachable)
        }

        private func expectRefused(_ code: ReasonCode, by host: Host, peer: String) async throws {
            let report = try await host.peerReport(peer)
            #expect(report.state == .refused)
            #expect(report.verdict.reasons.contains { $0.code == code }, "\(report.verdict)")
            let check = try await host.sealane("peer", "check", peer)
            #expect(check.status == 3, "\(check)")
            #expect(check.output.contains(code.rawValue), "\(check)")
            #expect(try await host.sealane("peer", "show", peer).output.contains(code.rawValue))
            let log = try host.log
            #expect(log.contains("reason=\(code)"), "\(log)")
        }
    }
}
