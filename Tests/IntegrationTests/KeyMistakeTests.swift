import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import Testing

extension Integration {
    @Suite struct KeyMistakeTests {
        /// Expects one host to report this reason about a peer everywhere.
        private func expectReported(
            by host: Host, of peer: String, _ reason: RefusedHandshakeReport.Reason, from source: String,
            _ parts: [String], outcome: DoctorReport.Outcome = .problem
        ) async throws {
            try await eventually("\(host.name) reports \(peer): \(reason.rawValue); its log: \(try host.log)") {
                try await host.peerReport(peer).refusedHandshake?.reason == reason
            }
            let refused = try #require(try await host.peerReport(peer).refusedHandshake)
            #expect(refused.source == source)
            #expect(abs(refused.at.timeIntervalSinceNow) < 600)
            #expect(refused.proven == (outcome == .problem))
            let show = try await host.sealane("peer", "show", peer)
            let status = try await host.sealane("status")
            let doctor = try await host.sealane("doctor", "--config", host.configurationPath)
            #expect((doctor.status == 1) == (outcome == .problem), "\(doctor)")
            for text in [show.output, status.output, doctor.output] {
                for part in parts + [refused.observed, refused.remedy, source] {
                    #expect(text.contains(part), "\(part): \(text)")
                }
                #expect(text.contains(" ago)") || text.contains("(just now)"), "when: \(text)")
            }
            #expect(status.output.contains("handshake not accepted: \(reason.rawValue)"), "\(status)")
            let log = try host.log
            let line = try #require(try lines(host, peer, reason).first, "\(log)")
            for part in ["warning", "from=\(source)", "remedy="] { #expect(line.contains(part), "\(line)") }
        }

        /// Lines of the log with this reason.
        private func lines(
            _ host: Host, _ peer: String, _ reason: RefusedHandshakeReport.Reason
        ) throws -> [Substring] {
            try host.log.split(separator: "\n").filter {
                $0.contains("a handshake was not accepted") && $0.contains("peer=\(peer) ")
                    && $0.contains("reason=\(reason.rawValue) ")
            }
        }

        /// Expects reports to name the cause instead of general advice.
        private func expectExplained(_ host: Host, _ peer: String) async throws {
            try await eventually("peer show has the cause") {
                let report = try await host.peerReport(peer)
                let text = try await host.sealane("peer", "show", peer).output
                guard report.state == .unreachable, let refused = report.refusedHandshake else { return false }
                return text.contains("look at") && !text.contains("Is the peer up") && text.contains(refused.remedy)
            }
            try await eventually("the log has the cause") {
                try host.log.split(separator: "\n").contains {
                    $0.contains("peer does not answer") && $0.contains("reason=")
                }
            }
        }

        private func ping(_ host: Host, _ address: String) async throws {
            _ = try await host.run("ping", "-n", "-c", "1", "-W", "1", address)
        }

        private func hosts(_ count: Int) async throws -> [Host] {
            let network = try await Network(mtus: Array(repeating: 1500, count: count))
            var hosts: [Host] = []
            for index in 0..<count { hosts.append(try await Host(network, index)) }
            return hosts
        }

        private func start(_ host: Host, _ peers: [String], _ change: (inout Host.Settings) -> Void = { _ in })
            async throws
        {
            var settings = host.defaults
            settings.peers = peers
            change(&settings)
            try host.configure(settings)
            try await host.startAgent()
        }

        @Test func `a peer with the host's own public key is refused with its position everywhere`() async throws {
            let (a, b) = (try await hosts(2)).pair
            let wrong = b.peerEntry().replacingOccurrences(of: b.publicKey, with: a.publicKey)
            var settings = a.defaults
            settings.peers = [wrong]
            try a.configure(settings)
            let sealaned = Host.programs.appending(path: "sealaned").path
            let check = try await a.run(sealaned, "--check", "--config", a.configurationPath)
            for outcome in [check, try await a.runAgent()] {
                #expect(outcome.status == 2, "\(outcome)")
                #expect(outcome.output.contains("\(a.configurationPath):13:17: public key of peer host2"), "\(outcome)")
                #expect(outcome.output.contains("is this host's own public key; expected the peer's"), "\(outcome)")
            }
            let doctor = try await a.sealane("doctor", "--config", a.configurationPath)
            #expect(doctor.status == 1 && doctor.output.contains("public-keys"), "\(doctor)")

            try await start(a, [])
            let added = try await a.sealane(
                "peer", "add", "hand", "--endpoint", "10.77.0.2:7325", "--public-key", a.publicKey, "--address",
                "10.78.0.2/32", "--type", "c5n.large", "--region", "us-east-1", "--vpc", "vpc-0a")
            #expect(added.status != 0 && added.output.contains("is this host's own public key"), "\(added)")
            try a.configure(settings)
            let reload = try await a.sealane("reload")
            #expect(reload.status != 0 && reload.output.contains(":13:17: public key of peer host2"), "\(reload)")
            #expect(try await a.sealane("peer", "list").output.contains("no peers"))
        }

        @Test func `the host with swapped public keys names both peers and what it saw`() async throws {
            let all = try await hosts(3)
            let (a, b, c) = (all[0], all[1], all[2])
            try await start(
                a,
                [
                    b.peerEntry().replacingOccurrences(of: b.publicKey, with: c.publicKey),
                    c.peerEntry().replacingOccurrences(of: c.publicKey, with: b.publicKey),
                ])
            try await start(b, [a.peerEntry()])
            try await ping(b, "10.78.0.1")
            for (peer, other) in [(b.name, c.name), (c.name, b.name)] {
                try await expectReported(
                    by: a, of: peer, .keysSwapped, from: "10.77.0.2:7325",
                    ["keys-swapped", "host2 and host3 swapped", "peer \(other)"])
                #expect(try await a.peerReport(peer).refusedHandshake?.otherPeer == other)
            }
            // Every further attempt fails in the same way.
            let before = try await a.statusReport().counters["unexpected-source"] ?? 0
            try await eventually("b tries again") {
                try await ping(b, "10.78.0.1")
                return (try await a.statusReport().counters["unexpected-source"] ?? 0) > before
            }
            #expect(try lines(a, b.name, .keysSwapped).count == 1)
            try await ping(a, "10.78.0.2")
            try await expectReported(
                by: b, of: a.name, .notForThisKey, from: "10.77.0.1:7325", [b.publicKey], outcome: .warning)
            try await expectExplained(a, b.name)
        }

        @Test func `with a wrong public key each end names what it knows and the right key`() async throws {
            let all = try await hosts(4)
            let (a, b, stranger, other) = (all[0], all[1], all[2], all[3])
            try await start(a, [b.peerEntry().replacingOccurrences(of: b.publicKey, with: other.publicKey)])
            try await start(b, [a.peerEntry()])
            try await ping(b, "10.78.0.1")
            try await expectReported(
                by: a, of: b.name, .otherPublicKey, from: "10.77.0.2:7325", [b.publicKey, other.publicKey],
                outcome: .warning)
            try await ping(a, "10.78.0.2")
            try await expectReported(
                by: b, of: a.name, .notForThisKey, from: "10.77.0.1:7325",
                ["make \(b.publicKey) the public-key of this host"], outcome: .warning)
            #expect(try await a.peerReport(b.name).refusedHandshake?.publicKey == b.publicKey)
            #expect(try await a.statusReport().strangers == nil)
            try await expectExplained(a, b.name)

            // A host that is not a peer.
            try await start(stranger, [a.peerEntry()])
            try await ping(stranger, "10.78.0.1")
            try await eventually("the log names the unknown host") {
                try await a.statusReport().strangers?.first?.source == "10.77.0.3:7325"
            }
            let heard = try #require(try await a.statusReport().strangers?.first)
            #expect(heard.publicKey == stranger.publicKey && heard.handshakes >= 1)
            for outcome in [
                try await a.sealane("status"), try await a.sealane("doctor", "--config", a.configurationPath),
            ] {
                #expect(
                    outcome.output.contains(
                        "10.77.0.3:7325 is not a peer and claims the public key \(stranger.publicKey)"), "\(outcome)")
            }
            #expect(try a.log.contains("a host that is no peer begins handshakes"))
        }

        @Test func `the end that gets the answer reports a wrong or missing pre-shared key`() async throws {
            let (a, b) = (try await hosts(2)).pair
            let sealane = Host.programs.appending(path: "sealane").path
            let secret = try await a.run(sealane, "key", "generate").output
            try a.network.directory.write(secret, to: "a.psk")
            try await start(a, [b.peerEntry(more: "    preshared-key-file: \(a.network.directory.path("a.psk"))")])
            try await start(b, [a.peerEntry()])
            try await ping(a, "10.78.0.2")
            try await expectReported(
                by: a, of: b.name, .presharedKeyDiffers, from: "10.77.0.2:7325", ["this host has one"])
            try await expectExplained(a, b.name)
            #expect(try await a.sealane("peer", "show", b.name).output.contains("no session"))
            #expect(try await b.peerReport(a.name).refusedHandshake == nil)
            try await ping(b, "10.78.0.1")
            try await expectReported(
                by: b, of: a.name, .presharedKeyDiffers, from: "10.77.0.1:7325", ["this host has none"])
        }

        @Test func `when a peer has moved, the other end reports its new address`() async throws {
            let (a, b) = (try await hosts(2)).pair
            try await start(a, [b.peerEntry()])
            let added = try await b.run("ip", "address", "add", "10.77.0.22/24", "dev", "eth0")
            try #require(added.status == 0, "\(added)")
            try await start(b, [a.peerEntry()]) { $0.listen = "10.77.0.22:7325" }
            try await ping(b, "10.78.0.1")
            try await expectReported(
                by: a, of: b.name, .unexpectedSource, from: "10.77.0.22:7325",
                ["its endpoint is 10.77.0.2:7325", "set its endpoint here to 10.77.0.22:7325"])
            // The host that moved gets advice on where to look.
            try await eventually("b says that a does not answer") {
                try await b.sealane("peer", "show", a.name).output.contains("What does the peer report")
            }

            var settings = a.defaults
            settings.peers = [b.peerEntry(endpoint: "10.77.0.22:7325")]
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            try await eventually("the peers talk again") {
                try await b.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.1").status == 0
            }
            #expect(try await a.peerReport(b.name).refusedHandshake == nil)
            #expect(try await a.sealane("doctor", "--config", a.configurationPath).status == 0)
        }

        @Test func `a cloned host does not disturb the peer's session, and its address is reported`() async throws {
            let all = try await hosts(3)
            let (a, b, clone) = (all[0], all[1], all[2])
            try await start(a, [b.peerEntry()])
            try await start(b, [a.peerEntry()])
            #expect(try await b.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.1").status == 0)
            try await start(clone, [a.peerEntry()]) {
                $0.key = "private-key-file: \(b.keyPath)"
                $0.addresses = "[10.78.0.2/24]"
            }
            try await ping(clone, "10.78.0.1")
            try await expectReported(
                by: a, of: b.name, .unexpectedSource, from: "10.77.0.3:7325",
                ["if the peer is still at 10.77.0.2:7325, another host has a copy of its private key"])
            #expect(try await b.run("ping", "-n", "-c", "3", "-i", "0.2", "-W", "10", "10.78.0.1").status == 0)
            #expect(try await a.peerReport(b.name).state == .established)
            #expect(try lines(a, b.name, .unexpectedSource).count == 1)
        }
    }
}

extension [Host] {
    fileprivate var pair: (Host, Host) { (self[0], self[1]) }
}
