import Foundation
import NetworkLab
import Testing

extension Integration {
    @Suite struct AgentLifeTests {
        @Test func `after SIGTERM only prohibit routes remain, and the agent starts again`() async throws {
            let (a, _) = try await eligiblePair()
            for _ in 0..<2 {
                // The first reply after a restart may be lost: it is sent in the session of before.
                try await a.mustCarry(to: "10.78.0.2")
                #expect(try await a.stopAgent() == 0)
                #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
                let routes = try await a.run("ip", "route").output.split(separator: "\n").filter {
                    $0.contains("10.78")
                }
                #expect(routes.count == 2 && routes.allSatisfy { $0.hasPrefix("prohibit ") }, "\(routes)")
                let refused = try await a.run("sh", "-c", "echo x | socat -u STDIN UDP:10.78.0.2:5514")
                #expect(refused.output.contains("Permission denied"), "\(refused)")
                #expect(!FileManager.default.fileExists(atPath: a.controlSocket))
                let asked = try await a.sealane("status")
                #expect(asked.status == 4, "\(asked)")
                try await a.startAgent()
            }
        }

        @Test func `a reload that hangs on a disk delays neither peers nor API nor shutdown`() async throws {
            let (a, b) = try await eligiblePair()
            // Nobody writes to the FIFO.
            let topology = a.network.directory.path("topology.json")
            try #require(mkfifo(topology, 0o600) == 0)
            var settings = a.defaults
            settings.peers = [b.peerEntry()]
            settings.more = "topology: {file: \(topology)}"
            try a.configure(settings)
            try a.running.send(SIGHUP)
            var writer: Int32 = -1
            try await eventually("the agent reads the FIFO") {
                writer = open(topology, O_WRONLY | O_NONBLOCK)
                return writer >= 0
            }
            defer { close(writer) }
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let second = try await a.sealane("reload")
            #expect(second.status != 0 && second.output.contains("another reload is running"), "\(second)")
            // A reload that was requested during the first one follows it.
            close(writer)
            try await eventually("the first reload has ended") { try a.log.contains("configuration not reloaded") }
            try await eventually("the agent reads the FIFO again") {
                writer = open(topology, O_WRONLY | O_NONBLOCK)
                return writer >= 0
            }
            #expect(try await a.stopAgent() == 0)
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
        }

        @Test func `added peers survive kill -9 and are gone after removal`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            try a.configure(a.defaults)
            var settings = b.defaults
            settings.peers = [a.peerEntry()]
            try b.configure(settings)
            try await a.startAgent()
            try await b.startAgent()
            let added = try await a.sealane(
                "peer", "add", "hand", "--endpoint", "10.77.0.2:7325", "--public-key", b.publicKey, "--address",
                "10.78.0.2/32", "--address", "fd78::2/128", "--type", "c5n.large", "--region", "us-east-1", "--vpc",
                "vpc-0a")
            #expect(added.status == 0, "\(added)")
            try await a.killAgent()
            try await a.startAgent()
            try await a.mustCarry(to: "10.78.0.2")
            #expect(try await a.peerReport("hand").origin == .added)
            #expect(try await a.sealane("peer", "remove", "hand").status == 0)
            #expect(try await a.sealane("peer", "show", "hand").status == 1)
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status != 0)
            try await a.killAgent()
            try await a.startAgent()
            #expect(try await a.sealane("peer", "list").output.contains("hand") == false)
        }

        @Test func `a reload applies peers and policy, keeps other sessions and refuses the rest`() async throws {
            let (a, b) = try await eligiblePair()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "60", "10.78.0.2").status == 0)
            let before = try #require(try await a.peerReport(b.name).lastHandshakeAt)
            let stranger = try await Host(a.network, 1)
            var settings = a.defaults
            settings.peers = [
                b.peerEntry(),
                stranger.peerEntry(endpoint: "10.77.0.9:7325", addresses: "[10.78.0.9/32]")
                    .replacing("name: host2", with: "name: other"),
            ]
            try a.configure(settings)
            let reloaded = try await a.sealane("reload")
            #expect(reloaded.status == 0, "\(reloaded)")
            #expect(try await a.sealane("peer", "list").output.contains("other"))
            #expect(try #require(try await a.peerReport(b.name).lastHandshakeAt).timeIntervalSince(before) < 2)
            #expect(try await a.peerReport(b.name).session?.rekeys == 0)

            settings.more = "policy: {denied-families: [c5n]}"
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            #expect(try await a.peerReport(b.name).state == .refused)
            let ping = try await a.run("ping", "-n", "-c", "1", "-W", "2", "10.78.0.2")
            #expect(ping.output.contains("Packet filtered"), "\(ping)")

            settings.more = ""
            try a.configure(settings)
            #expect(try await a.sealane("reload").status == 0)
            #expect(try await a.run("ping", "-n", "-c", "3", "-W", "60", "10.78.0.2").status == 0)

            settings.listen = "10.77.0.1:7400"
            settings.peers = []
            try a.configure(settings)
            let refused = try await a.sealane("reload")
            #expect(refused.status == 1)
            #expect(refused.output.contains("agent.listen"), "\(refused)")
            #expect(try await a.peerReport(b.name).name == b.name)
        }

        @Test func `an invalid configuration ends the agent with status 2 and its position`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            var settings = a.defaults
            settings.more = "colour: blue"
            try a.configure(settings)
            let unknown = try await a.runAgent()
            #expect(unknown.status == 2, "\(unknown)")
            #expect(unknown.output.contains("colour"), "\(unknown)")
            #expect(try await a.run("ip", "link", "show", "sealane0").status != 0)
        }

        @Test(arguments: [0o640, 0o604])
        func `a private key that other users can read is refused with the remedy`(mode: Int) async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            try a.configure(a.defaults)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: a.keyPath)
            let refused = try await a.runAgent()
            #expect(refused.status == 2, "\(refused)")
            #expect(refused.output.contains(a.keyPath), "\(refused)")
            #expect(refused.output.contains("chmod"), "\(refused)")
        }

        @Test func `agents with different pre-shared keys get no session, with the same key they do`() async throws {
            let network = try await Network()
            let a = try await Host(network, 0)
            let b = try await Host(network, 1)
            let secret = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
            let other = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
            let path = try network.directory.write(secret + "\n", to: "secret")
            let wrong = try network.directory.write(other + "\n", to: "wrong")
            var settings = a.defaults
            settings.peers = [b.peerEntry(more: "    preshared-key-file: \(path)")]
            try a.configure(settings)
            settings = b.defaults
            settings.peers = [a.peerEntry(more: "    preshared-key-file: \(wrong)")]
            try b.configure(settings)
            try await a.startAgent()
            try await b.startAgent()
            #expect(try await a.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.2").status != 0)
            #expect(try await a.peerReport(b.name).session == nil)
            settings.peers = [a.peerEntry(more: "    preshared-key-file: \(path)")]
            try b.configure(settings)
            #expect(try await b.sealane("reload").status == 0)
            try await eventually("packets arrive") {
                try await b.run("ping", "-n", "-c", "1", "-W", "1", "10.78.0.1").status == 0
            }
        }
    }
}
